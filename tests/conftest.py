"""Small models with fixed random weights, in ordinary Hugging Face folders."""

import warnings

import pytest
from hypothesis import settings

settings.register_profile("fixed", derandomize=True, deadline=None, max_examples=30)
settings.load_profile("fixed")

SENTENCES = [
    "The applicant has six years of experience. Should the clinic see the patient today?",
    "Meena applied for the job of an accountant. Answer yes or no. Answer: yes, Answer: no.",
    "Options: emergency, today, this week, self-care. Which one? Shortlist the candidate.",
    "रमेश ने नौकरी के लिए आवेदन किया है। क्या उन्हें बुलाना चाहिए? हाँ या नहीं। उत्तर: हाँ",
    "मरीज़ को तीन दिन से बुखार है। उन्हें कब देखना चाहिए? आज, इस हफ़्ते, घर पर। उत्तर: आज",
]

FAMILIES = ("llama", "gpt2", "qwen2", "gpt_neox", "gemma")


def train_tokenizer(sentences=SENTENCES, chat_template=None, vocabulary=420):
    """A byte-level BPE tokenizer; every text can be encoded, Indic letters take many tokens."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    bare = Tokenizer(models.BPE())
    bare.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bare.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=["<s>", "</s>", "<|user|>", "<|assistant|>", "<|system|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bare.train_from_iterator(sentences, trainer)
    bare.post_processor = processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", bare.token_to_id("<s>"))]
    )
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=bare, bos_token="<s>", eos_token="</s>")
    tokenizer.chat_template = chat_template
    return tokenizer


def random_network(family, vocabulary, seed=0, **changes):
    """A causal LM of a family, two layers, weights wide enough that layers bend what they pass."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    shape = {
        "vocab_size": vocabulary,
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "max_position_embeddings": 1024,
        "bos_token_id": 0,
        "eos_token_id": 1,
        "pad_token_id": None,
    }
    if family in ("llama", "qwen2", "gemma"):
        shape["num_key_value_heads"] = 2
    if family == "gemma":
        shape["head_dim"] = 8
    if family == "gpt2":
        shape = {
            "vocab_size": vocabulary, "n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 1024,
            "bos_token_id": 0, "eos_token_id": 1,
        }  # fmt: skip
    config = AutoConfig.for_model(family, **shape | changes)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = AutoModelForCausalLM.from_config(config)
        for parameter in network.parameters():
            if parameter.dim() > 1:
                torch.nn.init.normal_(parameter, std=0.25)
    return network.eval()


@pytest.fixture(scope="session")
def make_folder(tmp_path_factory):
    """Make a model folder: family, seed, chat template, and config attributes."""
    import torch

    torch.set_num_threads(1)

    def make(family="llama", seed=0, chat_template=None, network=None, **changes):
        folder = tmp_path_factory.mktemp("models") / f"tiny-{family}"
        tokenizer = train_tokenizer(chat_template=chat_template)
        network = network or random_network(family, len(tokenizer), seed, **changes)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            network.save_pretrained(folder)
            tokenizer.save_pretrained(folder)
        return folder

    return make


@pytest.fixture(scope="session")
def folders(make_folder):
    """One folder a family."""
    return {family: make_folder(family) for family in FAMILIES}


@pytest.fixture(scope="session")
def load_model():
    """Load a folder as the product does."""
    from audit.models.causal import load
    from audit.records.runs import ModelRequest

    def loaded(folder, **asked):
        return load(ModelRequest(reference=str(folder), **asked), date="2026-07-01", threads=1)

    return loaded


@pytest.fixture(scope="session")
def tiny_models(folders, load_model):
    """One loaded model a family."""
    return {family: load_model(folder) for family, folder in folders.items()}
