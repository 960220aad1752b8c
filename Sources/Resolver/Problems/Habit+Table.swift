extension Habit {
  /// All habits, by the place where they are typed.
  static let all = statements + units + criteria + windows + trainings + values + elsewhere

  private static let statements = [
    Habit("load open from_pretrained base_model", "model"),
    Habit("dataset datasets calibration corpus", "data"),
    Habit("set var const def define variable", "let"),
    Habit("compress cut slim sparsify", "prune"),
    Habit("train finetune fine_tune tune heal retrain", "recover"),
    Habit(
      "sft",
      "recover",
      "lora",
      note: "supervised fine-tuning is `recover lora` or `recover cpt` on `instructions` data"
    ),
    Habit("eval test measure benchmark", "evaluate"),
    Habit("export write output push save_pretrained", "save"),
    Habit("for foreach loop sweep grid", "each"),
    Habit("times", "repeat"),
    Habit("if when while", note: "there are no conditions; `each` runs a branch for each value"),
    Habit("import include require", note: "a recipe is one file; `--let` changes its values"),
    Habit("print echo log", note: "`evaluate` adds to the table that a run ends with"),
  ]

  private static let units = [
    Habit("layer layers decoder_layer decoder_layers blocks depth", "block"),
    Habit("head heads attention_heads attn_head kv_head kv_heads", "attention_head"),
    Habit(
      "neuron neurons channel channels ffn_channel intermediate intermediate_size width hidden",
      "mlp_channel"
    ),
    Habit("attn self_attn self_attention mha", "attention"),
    Habit("ffn feed_forward feedforward ff", "mlp"),
    Habit("weights unstructured sparse single_weight", "weight"),
  ]

  private static let criteria = [
    Habit("shortgpt bi", "block_influence"),
    Habit("loss", "ppl", "perplexity"),
    Habit("perplexity shortened_llama", "ppl"),
    Habit("ppl", "perplexity"),
    Habit("sleb", "ppl", note: "SLEB is `by ppl` with `remove 7, rescore every 1`"),
    Habit("gradient grad llm_pruner llmpruner fisher hessian", "taylor"),
    Habit("l1 l2 norm weight_norm", "magnitude"),
    Habit("angular cosine unreasonable deeper_layers", "angular_distance"),
    Habit("fluctuation", "flap"),
    Habit("csv", "scores"),
    Habit(
      "random",
      note: "nothing is removed at random; `scores \"FILE.csv\"` takes any scores from a file"
    ),
    Habit(
      "sparsegpt apt",
      "obs",
      note: "SparseGPT is `by obs` with `repair sparsegpt`, APT with `repair mrp`"
    ),
  ]

  private static let windows = [
    Habit(
      "seq_len seqlen seq_length sequence_length max_length max_seq_length max_seq_len context_length "
        + "block_size ctx window_size max_tokens cutoff_len",
      "length"
    ),
    Habit("nsamples n_samples num_samples sample_size max_samples", "samples"),
    Habit("random_seed rng", "seed"),
    Habit("add_bos add_bos_token add_special_tokens", "bos"),
    Habit("text_field text_column column key", "field"),
    Habit("txt wikitext c4 bookcorpus", "text"),
    Habit("json", "jsonl", "instructions"),
    Habit("alpaca chat dolly sharegpt", "instructions"),
    Habit("parquet arrow hf_dataset", note: "data are text, JSON Lines, instructions or token ids"),
    Habit("split", "part"),
  ]

  private static let trainings = [
    Habit("lr learn_rate learningrate", "learning_rate"),
    Habit("batch_size bs train_batch_size global_batch_size", "batch"),
    Habit(
      "per_device_train_batch_size per_device_batch_size micro_batch_size mbs",
      "micro_batch",
      "batch"
    ),
    Habit(
      "gradient_accumulation_steps gradient_accumulation grad_accum",
      note: "`batch` windows make a step, and `micro_batch` of them run at once"
    ),
    Habit("num_epochs num_train_epochs n_epochs epoch", "epochs"),
    Habit("max_steps num_steps n_steps iterations iters", "steps"),
    Habit("target_modules modules lora_target_modules lora_target", "targets"),
    Habit("q_proj q", "query"),
    Habit("k_proj k", "key"),
    Habit("v_proj v", "value"),
    Habit("o_proj o out_proj", "output"),
    Habit("gate_proj", "gate"),
    Habit("up_proj", "up"),
    Habit("down_proj", "down"),
    Habit(
      "qkv_proj gate_up_proj all_linear",
      note: "projections are named separately: query, key, value, output, gate, up, down"
    ),
    Habit("lora_r r lora_rank", "rank"),
    Habit("lora_alpha", "alpha"),
    Habit("lora_dropout", "dropout"),
    Habit("use_rslora", "rslora"),
    Habit("qlora", "lora", note: "updates are trained beside weights that are not quantised"),
    Habit("dora adalora peft adapter_tuning", "lora"),
    Habit("full full_finetune pretrain pretraining continued_pretraining", "cpt"),
    Habit("kd distillation distil knowledge_distillation", "distill"),
    Habit("kl kld kl_div forward", "forward_kl"),
    Habit("reverse rkl", "reverse_kl"),
    Habit("jsd js gkd", "jensen_shannon"),
    Habit("lm_head output_head", "head"),
    Habit("embed_tokens embeddings wte", "embedding"),
    Habit("warmup_steps warmup_ratio num_warmup_steps", "warmup"),
    Habit("scheduler lr_scheduler lr_scheduler_type", "schedule"),
    Habit("wd decay_rate", "weight_decay"),
    Habit("max_grad_norm grad_clip gradient_clipping clip_norm", "clip"),
    Habit("adam_beta1", "beta1"),
    Habit("adam_beta2", "beta2"),
    Habit("eps adam_epsilon", "epsilon"),
    Habit("eval_steps eval_every", "evaluate_every"),
    Habit("val_set_size eval_size validation_split", "held_out"),
    Habit("save_steps save_every checkpoint_every", "checkpoint"),
    Habit(
      "gradient_checkpointing use_gradient_checkpointing activation_checkpointing",
      "activations",
      note: "`activations = recompute` computes blocks twice instead of keeping their activations"
    ),
    Habit("optimizer optim", note: "trainings use AdamW"),
  ]

  private static func types(_ name: String) -> String {
    "`model \"…\" { compute = \(name) }` is the type of the arithmetic, `save \"…\" { dtype = \(name) }` "
      + "that of the saved weights"
  }

  private static let values = [
    Habit("fp16 half f16 torch_float16", "float16", note: types("float16")),
    Habit("bf16 bfloat torch_bfloat16", "bfloat16", note: types("bfloat16")),
    Habit("fp32 f32 float full_precision torch_float32", "float32"),
    Habit("torch_dtype precision", "compute", "dtype"),
    Habit("dtype", "compute"),
    Habit("compute", "dtype"),
    Habit(
      "quantize quantization int8 int4 fp8 nf4 load_in_8bit load_in_4bit bits w_bit wbits",
      "quantise",
      "to",
      note: "weights are quantised by `quantise weight on DATA { by gptq, to = int4 }`, last of "
        + "all, or rounded by `save gguf`"
    ),
    Habit("group_size groupsize q_group_size", "group"),
    Habit("desc_act actorder", "act_order"),
    Habit("damp_percent percdamp dampening_frac", "damping"),
    Habit("sym", "symmetric"),
    Habit("rtn nearest round_to_nearest", "round"),
    Habit("autogptq gptqmodel auto_gptq awq", "gptq"),
    Habit("max_shard_size shard_size", "shard"),
    Habit("force exist_ok overwrite_output_dir", "overwrite"),
    Habit("hf transformers safetensors", "huggingface"),
    Habit("ggml llama_cpp", "gguf", note: "`save gguf` writes what llama.cpp opens"),
    Habit("latency throughput bench tokens_per_second", "speed"),
    Habit(
      "mmlu hellaswag piqa boolq winogrande arc arc_easy arc_challenge openbookqa lm_eval "
        + "lm_eval_harness",
      "accuracy",
      note: "questions are data: `data q = task \"FILE\" { name = mmlu }`, and then "
        + "`evaluate accuracy on q`"
    ),
    Habit("even equal same", "uniform"),
    Habit("layerwise per_layer layer_wise", "per_block", "uniform"),
    Habit("alpha alphapruning alpha_peak alpha_mid esd", "alpha_pruning"),
    Habit("outlier outliers outlier_weighed", "owl"),
    Habit("hyper_m", "levels"),
    Habit("bias", "bias_compensation"),
    Habit("yes", "true"),
    Habit("no off", "false"),
  ]

  private static let elsewhere = [
    Habit(
      "sparsity ratio pruning_ratio prune_ratio amount target_sparsity num_layers n_layers",
      "remove",
      note: "how much is removed is a clause of `prune`: `remove 20%`, or `remove 6`"
    ),
    Habit("criterion method metric importance score_by", "by"),
    Habit("skip exclude ignore protect preserve", "keep"),
    Habit("iterative iterations_per_step step", "rescore"),
    Habit("target", "down", "remove"),
    Habit("spread distribution allocation sparsity_allocation layerwise_sparsity", "allocate"),
    Habit(
      "device cuda gpu cpu mps device_map",
      note: "a recipe is the same on every machine; `billhook run` takes `--device`"
    ),
    Habit(
      "flash flash_attention flash_attention_2 attn_implementation sdpa",
      note: "attention needs no setting: libtorch's scaled dot product chooses its kernel"
    ),
    Habit("threads num_threads num_workers workers", note: "`billhook run` takes `--threads`"),
    Habit("trust_remote_code", note: "no code of a model directory is ever run"),
    Habit("max_memory memory", note: "`billhook run` takes `--memory 4GB`"),
    Habit("output_dir save_path out path", note: "the path of a saved model follows `save`"),
  ]
}
