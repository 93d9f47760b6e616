"""The run folder, readable with any text editor; resumable."""
