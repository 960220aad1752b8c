import BillhookFiles

/// The meaning of the keys of an `adapter_config.json` for the weights of an adapter.
///
/// The keys are those of PEFT's `LoraConfig`; a key that is not among them may mean anything, so it
/// is ignored only where it asks for nothing.
enum AdapterKeys {
  /// Refuses an adapter whose update is anything other than the scaled product of its two matrices.
  ///
  /// - Throws: `FileError` that names all keys that ask for more.
  static func check(
    _ json: JSON,
    of directory: String,
    for model: ModelDirectory,
    _ path: String
  ) throws(FileError) {
    try checkStart(json["init_lora_weights"] ?? true, of: directory, for: model, path)
    var faults: [(key: String, message: String)] = []
    for member in json.members ?? [] where !read.contains(member.key) {
      let (key, value) = (member.key, member.value)
      if neutral[key]?.contains(value) ?? false { continue }
      if inert.contains(key) || !value.asksForSomething { continue }
      faults.append((key, (meanings[key] ?? "is not known") + ", which is not supported"))
    }
    guard let first = faults.first else { return }
    if faults.count == 1 { throw FileError(path, at: first.key, first.message + "; " + advice) }
    let list = faults.map { "`\($0.key)` \($0.message)" }.joined(separator: "; ")
    throw FileError(path, list + "; " + advice)
  }

  /// Keys that are read: the kind of adapter, ranks and scales, initialisation, the base model.
  private static let read: Set<String> = [
    "peft_type", "r", "lora_alpha", "use_rslora", "rank_pattern", "alpha_pattern",
    "init_lora_weights", "base_model_name_or_path", "layers_to_transform",
  ]

  /// Values at which a key changes nothing.
  private static let neutral: [String: [JSON]] = ["bias": ["none"]]

  /// Keys that say how an adapter was trained, or which layers have updates, which the weights show
  /// too.
  private static let inert: Set<String> = [
    "task_type", "auto_mapping", "peft_version", "revision", "inference_mode", "lora_dropout",
    "target_modules", "exclude_modules", "layers_pattern", "megatron_config", "megatron_core",
    "loftq_config", "eva_config", "corda_config", "lora_ga_config", "runtime_config",
    "qalora_group_size",
    // PEFT resets it unless the layer is a convolution, and no family here has those.
    "fan_in_fan_out",
  ]

  /// What other keys ask for.
  private static let meanings: [String: String] = [
    "bias": "trains biases",
    "use_dora": "scales each row of the merged matrix (DoRA)",
    "use_qalora": "pools inputs (QALoRA)",
    "lora_bias": "adds a bias to the update",
    "use_bdlora": "splits the matrices into blocks (BD-LoRA)",
    "alora_invocation_tokens":
      "is active only after certain tokens (aLoRA), so it cannot be merged",
    "modules_to_save": "replaces whole modules",
    "trainable_token_indices": "replaces rows of the embedding",
    "target_parameters": "changes parameters that are not linear layers",
    "layer_replication": "repeats blocks of the model",
    "arrow_config": "chooses between adapters by the input (Arrow)",
    "kasa_config": "scales the update by trained singular values (KaSA)",
    "velora_config": "projects what gradients need (VeLoRA)",
    "monteclora_config": "draws the update at random (MonteCLoRA)",
    "ensure_weight_tying": "ties adapters of the embedding and the head",
  ]

  /// What to do with an adapter that is more than plain LoRA.
  static let advice =
    "merge it with PEFT (`merge_and_unload`), if that can, and start from the merged model"

  /// Refuses adapters whose initialisation changed the weights of the base: the product of their
  /// two matrices is not the update of the original weights.
  private static func checkStart(
    _ start: JSON,
    of directory: String,
    for model: ModelDirectory,
    _ path: String
  ) throws(FileError) {
    if start.bool != nil || start.isNull { return }
    // With these the product starts at zero, or the base is left unchanged.
    let harmless: Set = ["gaussian", "eva", "orthogonal", "mica"]
    let name = start.string?.lowercased() ?? start.text(indent: nil)
    if harmless.contains(name) { return }
    throw FileError(
      path,
      at: "init_lora_weights",
      "\(start.text(indent: nil).shown(atMost: 60)) changed the weights of the base when the adapter "
        + "was made, so its matrices do not update the original ones; convert it where it was "
        + "trained, by `save_pretrained(…, path_initial_model_for_weight_conversion=…)` of PEFT, or "
        + "merge it and start from the result: `PeftModel.from_pretrained("
        + "AutoModelForCausalLM.from_pretrained(\"\(model.path)\"), "
        + "\"\(directory)\").merge_and_unload().save_pretrained(\"merged\")`"
    )
  }
}
