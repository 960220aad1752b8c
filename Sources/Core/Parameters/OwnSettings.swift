import BillhookTorch

/// The settings of `model`.
package struct ModelSettings {
  enum Compute: String, Choice {
    case float32, bfloat16, float16
  }

  /// What is made of zeros that another program left in the projections.
  package enum Zeros: String, Choice {
    /// They are masks: nothing that comes later fills them.
    case keep
  }

  var compute = Compute.float32
  package var seed: Int?
  package var adapter: AdapterPath?
  package var ignore: [String] = []
  package var zeros: Zeros?

  package init() {}

  package static let parameters: [Parameter<ModelSettings>] = [
    Parameter("compute", \.compute, help: "the type of the arithmetic"),
    Parameter("seed", \.seed, in: 0..., help: "the seed of the random numbers of a new model"),
    Parameter("adapter", \.adapter, help: "a PEFT adapter that is merged into the model"),
    Parameter("ignore", \.ignore, help: "keys of config.json that are passed over"),
    Parameter(
      "zeros",
      \.zeros,
      help: "keep the zeros of a model that another program made sparse, whatever comes later"
    ),
  ]

  package var dtype: DType {
    switch compute {
    case .float32: .float32
    case .bfloat16: .bfloat16
    case .float16: .float16
    }
  }
}

/// The settings of `save` that belong to every format.
package struct SaveSettings {
  package var overwrite = false

  package init() {}

  package static let parameters: [Parameter<SaveSettings>] = [
    Parameter("overwrite", \.overwrite, help: "whether an earlier result may be replaced")
  ]
}
