"""Small GPT-2 and Llama models in numpy, written from the papers and from Hugging Face's names of weights.

Reads {folder, family, config, tokens, dtype, shards} as JSON from standard input; writes config.json and safetensors
files with random weights into the folder; prints the logits [steps, vocabulary] of the tokens, computed in float64.
"""

import json
import os
import struct
import sys

import numpy as np

job = json.load(sys.stdin)
config, tokens = job["config"], np.array(job["tokens"])
random = np.random.default_rng(5)
weights = {}


def make(name, *shape, around=0.0):
    values = (around + random.normal(size=shape) * 0.4).astype(np.float32)
    if job["dtype"] == "F16":
        values = values.astype(np.float16)
    if job["dtype"] == "BF16":
        # Truncated to the upper half of a float32, so that the stored value is the value.
        values = (values.view(np.uint32) & 0xFFFF0000).view(np.float32)
    weights[name] = values
    return values.astype(np.float64)


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def attention(q, k, v):
    """q [heads, steps, size], k and v [kv_heads, steps, size]."""
    groups, steps = q.shape[0] // k.shape[0], q.shape[1]
    k, v = np.repeat(k, groups, 0), np.repeat(v, groups, 0)
    scores = q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[-1])
    scores = np.where(np.tril(np.ones((steps, steps), bool)), scores, -np.inf)
    return (softmax(scores) @ v).transpose(1, 0, 2).reshape(steps, -1)


def heads(x, count):
    return x.reshape(len(x), count, -1).transpose(1, 0, 2)


def gpt2():
    width, count, vocabulary = config["n_embd"], config["n_head"], config["vocab_size"]
    positions, epsilon = config["n_positions"], config["layer_norm_epsilon"]

    def norm(x, name):
        scale, offset = make(name + ".weight", width, around=1.0), make(name + ".bias", width)
        centred = x - x.mean(-1, keepdims=True)
        return centred / np.sqrt((centred**2).mean(-1, keepdims=True) + epsilon) * scale + offset

    def conv1d(x, name, outputs):
        return x @ make(name + ".weight", x.shape[-1], outputs) + make(name + ".bias", outputs)

    def gelu_new(x):
        return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))

    prefix = "transformer."
    embedding = make(prefix + "wte.weight", vocabulary, width)
    x = embedding[tokens] + make(prefix + "wpe.weight", positions, width)[: len(tokens)]
    for i in range(config["n_layer"]):
        at = f"{prefix}h.{i}."
        q, k, v = np.split(conv1d(norm(x, at + "ln_1"), at + "attn.c_attn", 3 * width), 3, -1)
        mixed = attention(heads(q, count), heads(k, count), heads(v, count))
        x = x + conv1d(mixed, at + "attn.c_proj", width)
        inner = gelu_new(conv1d(norm(x, at + "ln_2"), at + "mlp.c_fc", 4 * width))
        x = x + conv1d(inner, at + "mlp.c_proj", width)
    return norm(x, prefix + "ln_f") @ embedding.T


def llama():
    width, count, vocabulary = config["hidden_size"], config["num_attention_heads"], config["vocab_size"]
    kv_count, inner = config["num_key_value_heads"], config["intermediate_size"]
    size = width // count

    def norm(x, name):
        scale = make(name + ".weight", width, around=1.0)
        return x / np.sqrt((x**2).mean(-1, keepdims=True) + config["rms_norm_eps"]) * scale

    def linear(x, name, outputs):
        return x @ make(name + ".weight", outputs, x.shape[-1]).T

    def rotate(x):
        frequency = config["rope_theta"] ** (-np.arange(0, size, 2) / size)
        angle = np.outer(np.arange(x.shape[1]), np.concatenate([frequency, frequency]))
        half = np.concatenate([-x[..., size // 2 :], x[..., : size // 2]], -1)
        return x * np.cos(angle) + half * np.sin(angle)

    x = make("model.embed_tokens.weight", vocabulary, width)[tokens]
    for i in range(config["num_hidden_layers"]):
        at = f"model.layers.{i}."
        before = norm(x, at + "input_layernorm")
        q = rotate(heads(linear(before, at + "self_attn.q_proj", width), count))
        k = rotate(heads(linear(before, at + "self_attn.k_proj", size * kv_count), kv_count))
        v = heads(linear(before, at + "self_attn.v_proj", size * kv_count), kv_count)
        x = x + linear(attention(q, k, v), at + "self_attn.o_proj", width)
        before = norm(x, at + "post_attention_layernorm")
        gate, up = linear(before, at + "mlp.gate_proj", inner), linear(before, at + "mlp.up_proj", inner)
        x = x + linear(gate / (1 + np.exp(-gate)) * up, at + "mlp.down_proj", width)
    return linear(norm(x, "model.norm"), "lm_head", vocabulary)


def data_of(values):
    if job["dtype"] == "BF16":
        return (values.view(np.uint32) >> 16).astype(np.uint16).tobytes()
    return values.tobytes()


def write(path, names):
    header, at = {"__metadata__": {"format": "pt"}}, 0
    for name in names:
        size = len(data_of(weights[name]))
        header[name] = {"dtype": job["dtype"], "shape": weights[name].shape, "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name in names:
            file.write(data_of(weights[name]))


logits = {"gpt2": gpt2, "llama": llama}[job["family"]]()
folder, names = job["folder"], list(weights)
with open(os.path.join(folder, "config.json"), "w") as file:
    json.dump({**config, "model_type": job["family"]}, file)
if job["shards"] == 1:
    write(os.path.join(folder, "model.safetensors"), names)
else:
    shards = {f"model-{i + 1:05}.safetensors": names[i :: job["shards"]] for i in range(job["shards"])}
    for file, part in shards.items():
        write(os.path.join(folder, file), part)
    with open(os.path.join(folder, "model.safetensors.index.json"), "w") as file:
        json.dump({"metadata": {}, "weight_map": {n: f for f, part in shards.items() for n in part}}, file)
print(json.dumps(logits.tolist()))
