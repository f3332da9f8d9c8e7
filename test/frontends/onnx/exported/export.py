"""Writes the .onnx files beside this one: small random models of Hugging Face transformers, by both exporters of torch.onnx.

    pip install torch transformers onnx onnxscript && python export.py

The files here are by torch 2.13 and transformers 5.18.
"""

import pathlib

import onnx
import torch
from transformers import AutoModelForCausalLM, GPT2Config, GPTJConfig, LlamaConfig, OPTConfig, PhiConfig, Qwen3Config

VOCABULARY = 32
usual = dict(vocab_size=VOCABULARY, hidden_size=32, intermediate_size=32, num_hidden_layers=1, max_position_embeddings=32)
models = {
    "llama": LlamaConfig(**usual, num_attention_heads=2, num_key_value_heads=1),
    "qwen3": Qwen3Config(**usual, num_attention_heads=2, num_key_value_heads=1, head_dim=16),
    "phi": PhiConfig(**usual, num_attention_heads=1, num_key_value_heads=1, partial_rotary_factor=0.5),
    "gpt2": GPT2Config(vocab_size=VOCABULARY, n_embd=32, n_layer=1, n_head=2, n_positions=32),
    "gptj": GPTJConfig(vocab_size=VOCABULARY, n_embd=32, n_layer=1, n_head=1, n_positions=32, rotary_dim=16),
    "opt": OPTConfig(vocab_size=VOCABULARY, hidden_size=32, ffn_dim=32, num_hidden_layers=1, num_attention_heads=2,
                     max_position_embeddings=32, word_embed_proj_dim=32),
}


class Logits(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask, position_ids=None):
        positions = {} if position_ids is None else {"position_ids": position_ids}
        return self.model(input_ids=input_ids, attention_mask=attention_mask, use_cache=False, **positions).logits


def export(name, attention, dynamo):
    torch.manual_seed(0)
    model = Logits(AutoModelForCausalLM.from_config(models[name], attn_implementation=attention).eval().float())
    tokens = torch.randint(0, VOCABULARY, (2, 10))
    inputs = {"input_ids": tokens, "attention_mask": torch.ones_like(tokens)}
    if name != "opt":
        inputs["position_ids"] = torch.arange(10)[None].repeat(2, 1)
    path = pathlib.Path(__file__).parent / f"{name}-{attention}-{'dynamo' if dynamo else 'script'}.onnx"
    names = dict(input_names=list(inputs), output_names=["logits"])
    if dynamo:
        open_sizes = {key: {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC} for key in inputs}
        torch.onnx.export(model, tuple(inputs.values()), path, dynamo=True, dynamic_shapes=open_sizes,
                          external_data=False, verbose=False, **names)
    else:
        axes = {key: {0: "batch", 1: "sequence"} for key in [*inputs, "logits"]}
        torch.onnx.export(model, tuple(inputs.values()), path, dynamo=False, opset_version=17, dynamic_axes=axes, **names)
    without_traces(path)


def without_traces(path):
    """Where in which Python file a node came from is of no use here."""
    model = onnx.load(path)
    del model.metadata_props[:]
    for graph in [model.graph, *model.functions]:
        for each in [graph, *graph.node, *graph.value_info, *getattr(graph, "input", []), *getattr(graph, "output", [])]:
            if isinstance(each, str):
                continue
            each.doc_string = ""
            if hasattr(each, "metadata_props"):
                del each.metadata_props[:]
    onnx.save(model, path)


for name, attention, dynamo in [
    ("llama", "eager", False), ("llama", "sdpa", True), ("qwen3", "sdpa", False), ("phi", "eager", True),
    ("gpt2", "eager", False), ("gpt2", "sdpa", True), ("gptj", "eager", False), ("opt", "sdpa", False),
]:
    export(name, attention, dynamo)
