extension ConfigurationReader {
  /// Whether a key has no effect on what the decoder computes.
  ///
  /// Keys that begin with an underscore are transformers' notes to itself.
  static func isInert(_ key: String) -> Bool {
    inert.contains(key) || key.hasPrefix("_") || key.hasPrefix("unsloth")
  }

  private static let inert: Set<String> = [
    // The kind of file and its author.
    "architectures", "model_type", "auto_map", "transformers_version", "dtype", "torch_dtype",
    "name_or_path", "finetuning_task", "task_specific_params", "id2label", "label2id",
    "num_labels", "problem_type", "tokenizer_class", "prefix", "is_llama_config",
    "transformers.js_config",
    // Training: initial values, dropout, auxiliary outputs.
    "initializer_range", "neftune_noise_alpha", "attention_dropout", "attn_pdrop", "embd_pdrop",
    "resid_pdrop",
    "hidden_dropout", "residual_dropout", "gradient_checkpointing", "pretraining_tp",
    // Other ways to compute the same result.
    "use_cache", "attn_implementation", "cache_implementation", "tie_encoder_decoder",
    "output_attentions",
    "output_hidden_states", "return_dict", "torchscript", "use_bfloat16", "use_return_dict",
    "chunk_size_feed_forward", "max_sequence_length", "tokenizer_model_max_length",
    "full_attn_mod", "interpolate_factor",
    // Special tokens and text generation.
    "bos_token_id", "eos_token_id", "pad_token_id", "sep_token_id", "unk_token_id",
    "decoder_start_token_id", "forced_bos_token_id", "forced_eos_token_id", "begin_suppress_tokens",
    "suppress_tokens", "max_length", "min_length", "max_new_tokens", "do_sample", "early_stopping",
    "num_beams", "num_beam_groups", "diversity_penalty", "temperature", "top_k", "top_p",
    "typical_p", "repetition_penalty", "length_penalty", "no_repeat_ngram_size",
    "encoder_no_repeat_ngram_size", "bad_words_ids", "num_return_sequences", "output_scores",
    "return_dict_in_generate", "remove_invalid_values", "exponential_decay_length_penalty",
    "is_decoder",
  ]
}
