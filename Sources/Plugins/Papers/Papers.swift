import BillhookCore

/// The papers whose methods are built in.
extension Reference.Paper {
  static let distillation = Self(
    "Hinton et al.",
    "Distilling the Knowledge in a Neural Network",
    2015,
    arXiv: "1503.02531"
  )
  static let tinyBERT = Self("Jiao et al.", "TinyBERT", 2019, arXiv: "1909.10351")
  static let unlikelihood = Self(
    "Welleck et al.",
    "Neural Text Generation with Unlikelihood Training",
    2019,
    arXiv: "1908.04319"
  )
  static let lora = Self("Hu et al.", "LoRA", 2021, arXiv: "2106.09685")
  static let gptq = Self("Frantar et al.", "GPTQ", 2022, arXiv: "2210.17323")
  static let llmPruner = Self("Ma et al.", "LLM-Pruner", 2023, arXiv: "2305.11627")
  static let wanda = Self("Sun et al.", "Wanda", 2023, arXiv: "2306.11695")
  static let sparseGPT = Self("Frantar and Alistarh", "SparseGPT", 2023, arXiv: "2301.00774")
  static let owl = Self("Yin et al.", "OWL", 2023, arXiv: "2310.05175")
  static let rankStabilisedLoRA = Self("Kalajdzievski", "rsLoRA", 2023, arXiv: "2312.03732")
  static let loraPrune = Self("Zhang et al.", "LoRAPrune", 2023, arXiv: "2305.18403")
  static let perp = Self("Zimmer et al.", "PERP", 2023, arXiv: "2312.15230")
  static let dsnot = Self("Zhang et al.", "Dynamic Sparse No Training", 2023, arXiv: "2310.08915")
  static let flap = Self("An et al.", "FLAP", 2023, arXiv: "2312.11983")
  static let gkd = Self("Agarwal et al.", "On-Policy Distillation", 2023, arXiv: "2306.13649")
  static let miniLLM = Self("Gu et al.", "MiniLLM", 2023, arXiv: "2306.08543")
  static let layerPruning = Self(
    "Lu et al.",
    "Reassessing Layer Pruning",
    2024,
    arXiv: "2411.15558"
  )
  static let shortenedLLaMA = Self("Kim et al.", "Shortened LLaMA", 2024, arXiv: "2402.02834")
  static let sleb = Self("Song et al.", "SLEB", 2024, arXiv: "2402.09025")
  static let evaluationHarness = Self(
    "Biderman et al.",
    "Lessons from the Trenches on Reproducible Evaluation of Language Models",
    2024,
    arXiv: "2405.14782"
  )
  static let gsm8k = Self(
    "Cobbe et al.",
    "Training Verifiers to Solve Math Word Problems",
    2021,
    arXiv: "2110.14168"
  )
  static let shortGPT = Self("Men et al.", "ShortGPT", 2024, arXiv: "2403.03853")
  static let deeperLayers = Self(
    "Gromov et al.",
    "The Unreasonable Ineffectiveness of the Deeper Layers",
    2024,
    arXiv: "2403.17887"
  )
  static let bypassBackPropagation = Self(
    "Gao et al.",
    "Bypass Back-propagation",
    2024,
    arXiv: "2406.10576"
  )
  static let llmBarber = Self("Su et al.", "LLM-Barber", 2024, arXiv: "2408.10631")
  static let searchForEfficientLLMs = Self(
    "Shen et al.",
    "Search for Efficient Large Language Models",
    2024,
    arXiv: "2409.17372"
  )
  static let accuracyIsNotAll = Self(
    "Dutta et al.",
    "Accuracy is Not All You Need",
    2024,
    arXiv: "2407.09141"
  )
  static let alphaPruning = Self("Lu et al.", "AlphaPruning", 2024, arXiv: "2410.10912")
  static let multipleRemoval = Self(
    "Zhao et al.",
    "Pruning Foundation Models for High Accuracy without Retraining",
    2024,
    arXiv: "2410.15567"
  )
}
