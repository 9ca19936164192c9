"""Names of files, words in names and tags by which adapters, quantizations, merges and ports are known."""

import re

WEIGHT_ENDINGS = (
    ".safetensors .bin .pt .pth .ckpt .h5 .keras .msgpack .pdparams .nemo .onnx .gguf .npz .tflite .mlmodel .model.pkl"
    " .engine .neff .t7 .pb"
).split()
NO_WEIGHTS = re.compile(
    r"(?:^|/)(?:optimizer|scheduler|scaler|random_states|rng_state|training_args|trainer_state|latest|tokenizer"
    r"|spiece|sentencepiece|.*optim_states|.*_model_states|openvino_(?:de)?tokenizer)[^/]*$",
    re.IGNORECASE,
)
ADAPTER_FILE = re.compile(
    r"(?:^|/)(?:adapter_model|adapter_config|.*lora[^/]*|learned_embeds|ip-adapter[^/]*|pytorch_adapter)"
    r"[^/]*\.(?:safetensors|bin|pt|json)$",
    re.IGNORECASE,
)
ADAPTER_WEIGHTS = re.compile(
    r"(?:^|/)(?:adapter_model|pytorch_adapter|.*lora[^/]*|learned_embeds)[^/]*\.(?:safetensors|bin|pt)$", re.I
)
FULL_WEIGHTS = re.compile(
    r"(?:^|/)(?:model|pytorch_model|tf_model|flax_model|diffusion_pytorch_model|consolidated|open_clip_pytorch_model"
    r"|weights)[^/]*\.(?:safetensors|bin|h5|msgpack|pt|pth)$|\.(?:ckpt|nemo|keras|pdparams)$",
    re.IGNORECASE,
)
GGUF_FILE = re.compile(
    r"\.gguf(?:$|[.-](?:part|split)[\w-]*$)|(?:^|/)ggml-[^/]*\.bin$|\.ggml[^/]*\.bin$", re.IGNORECASE
)
PORTED = (
    ("ONNX", re.compile(r"\.onnx$")),
    ("OpenVINO", re.compile(r"(?:^|/)openvino[^/]*model\.xml$|-ov/")),
    ("Core ML", re.compile(r"\.mlmodel$|\.mlpackage/")),
    ("TensorFlow Lite", re.compile(r"\.tflite$")),
    ("TensorRT", re.compile(r"\.engine$")),
    ("Neuron", re.compile(r"\.neff$")),
)
PORTED_NAME = re.compile(r"(?:^|[-_.])mlx[-_.]?(?:bf|fp|f|b?float)(?:16|32)(?=$|[-_.])", re.IGNORECASE)
TYPED_NAME = re.compile(r"(?P<name>.+)[-_.](?P<type>(?:bf|fp|f|b?float)(?:16|32))", re.IGNORECASE)
TUNED_NAME = re.compile(r"[-_.](?:instruct|chat|it|sft|dpo|rlhf)(?=$|[-_.])", re.IGNORECASE)  # after a base's name
QUANTIZER_FILES = {
    "quantize_config.json": "GPTQ",
    "quant_config.json": "AWQ",
    "quantization_config.json": "a quantizer",
    "smash_config.json": "Pruna",
    "qmodel.pt": "HQQ",
}
# Formats that models are also released in, so the configuration alone does not make a quantization of another model.
NATIVE_FORMATS = frozenset({"fp8", "mxfp4", "nvfp4", "mxfp8", "bitnet"})
QUANTIZED_NAME = re.compile(
    r"(?:^|[-_.])(?:gguf|ggml|gptq|awq|exl2|exl3|hqq|aqlm|bnb|int[248]|w4a16|w8a8|w4a8|fp8|nf4|mxfp4|nvfp4"
    r"|(?:mlx[-_]?)?[2-8][-_]?bits?|[2-8]\.\d{1,2}bpw|[2-8]bpw|i?q[2-8](?:_[k0-9sml]+)*|quantized|smashed)(?=$|[-_.])",
    re.IGNORECASE,
)
QUANTIZED_TAGS = frozenset(
    "4-bit 8-bit 2-bit 3-bit 5-bit 6-bit 4bit 8bit gptq awq exl2 exl3 hqq aqlm gguf ggml quantized quantization int4"
    " int8 fp8 nf4 bitsandbytes compressed-tensors auto-round autoquant pruna-ai".split()
)
ADAPTER_TAGS = frozenset("lora qlora dora peft adapter adapters textual_inversion template:sd-lora".split())
MERGE_TAGS = frozenset("mergekit lazymergekit mergekit-moe".split())
TRAINING_TAGS = frozenset(
    "generated_from_trainer trl sft dpo orpo kto grpo axolotl llama-factory autotrain unsloth alignment-handbook"
    " dreambooth diffusers-training setfit".split()
)
TRAINING_FILES = frozenset("training_args.bin trainer_state.json all_results.json train_results.json".split())
EDITED_NAME = re.compile(r"(?:^|[-_.])(?:abliterated?|ablated|heretic|orthogonalized)(?=$|[-_.])", re.IGNORECASE)
PRUNED_NAME = re.compile(
    r"(?:^|[-_.])(?:pruned|prune|sparsegpt|wanda|sliced?|\d{1,3}[-_]?layers?)(?=$|[-_.])", re.IGNORECASE
)
CONFIG_FILES = frozenset({"config.json", "model_index.json", "params.json"})
