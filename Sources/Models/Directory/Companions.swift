package import BillhookFiles

/// The files of a model directory that are copied into a saved model: everything except what a
/// saved model has of its own, or what is true only of the source.
///
/// They are found by exclusion, because every family has its own names for tokenizers, templates
/// and licences. Left out are weights in any format with their indices, training states, adapters,
/// records of what wrote the directory, hidden files, folders other than chat templates, and files
/// of more than 10 MB that do not belong to a tokenizer.
public struct Companions: Sendable, Equatable {
  /// The files that are copied, by their paths inside the directory, sorted.
  public let names: [String]
  /// Files that may matter but are left behind because their purpose is unknown; folders end with a
  /// slash.
  public let leftBehind: [String]
  /// What is in files that are not on the disk, because they were made of a file that holds a whole
  /// model.
  private(set) var made: [String: [UInt8]] = [:]

  /// The most bytes of a file of unknown purpose that is copied.
  private static let mostOfUnknown = 10_000_000

  /// No files.
  static let none = Companions(names: [], leftBehind: [])

  private init(names: [String], leftBehind: [String]) {
    self.names = names
    self.leftBehind = leftBehind
  }

  /// Files that are not on the disk.
  init(made: [String: [UInt8]]) {
    self.init(names: made.keys.sorted(), leftBehind: [])
    self.made = made
  }

  /// Finds the companions in a model directory.
  ///
  /// - Throws: `FileError` when it cannot be listed.
  package init(in directory: String) throws(FileError) {
    var names: [String] = []
    var leftBehind: [String] = []
    for name in try FileSystem.names(in: directory) where !Self.isOfSource(name) {
      let path = "\(directory)/\(name)"
      // What is saved gets a card of its own.
      if name == SealedPage.cardName, (try? SealedPage.isWhole(path, by: .save)) == true {
        continue
      }
      if FileSystem.isDirectory(path) {
        guard name == "additional_chat_templates" else {
          leftBehind.append("\(name)/")
          continue
        }
        names += try FileSystem.names(in: path).filter { $0.hasSuffix(".jinja") }
          .map { "\(name)/\($0)" }
      } else if let size = FileSystem.size(ofFile: path) {
        let isCopied = Self.isOfTokenizer(name) || size <= Self.mostOfUnknown
        if isCopied { names.append(name) } else { leftBehind.append(name) }
      } else if FileSystem.isLink(path), !FileSystem.exists(path) {
        // A link to a missing file, as in a partly downloaded cache; it is reported when the model
        // is saved.
        names.append(name)
      }
    }
    self.init(names: names.sorted(), leftBehind: leftBehind)
  }

  /// Finds a tokenizer and the settings for text generation beside the configuration of a new
  /// model; other files in its folder need not belong to the model.
  package init(besideConfigurationIn directory: String) throws(FileError) {
    let names = try FileSystem.names(in: directory).filter { name in
      (Self.isOfTokenizer(name) || name == "generation_config.json")
        && FileSystem.size(ofFile: "\(directory)/\(name)") != nil
    }
    self.init(names: names.sorted(), leftBehind: [])
  }

  /// Those of the files that a directory lacks.
  public func missing(in directory: String) -> [String] {
    names.filter { made[$0] == nil && !FileSystem.exists("\(directory)/\($0)") }
  }

  /// Copies the files into a directory.
  ///
  /// - Throws: `FileError` when one of them is gone, or something cannot be written.
  func copy(from source: String, into directory: String) throws(FileError) {
    if let name = missing(in: source).first {
      throw FileError(
        "\(source)/\(name)",
        "was there when the model was opened, and is gone; put it back and start again"
      )
    }
    for name in names {
      // Reading is bounded, because a sparse file would fill the disk.
      let bytes: [UInt8]
      if let known = made[name] {
        bytes = known
      } else {
        bytes = try FileSystem.read("\(source)/\(name)")
      }
      let target = "\(directory)/\(name)"
      try FileSystem.makeDirectory(FileSystem.parent(of: target))
      let writer = try FileWriter(target)
      try writer.write(bytes)
      try writer.finish()
    }
  }

  /// Whether a file belongs to a tokenizer, whatever its size.
  private static func isOfTokenizer(_ name: String) -> Bool {
    let name = name.lowercased()
    let known = [
      "tokenizer", "vocab", "merges", "tekken", "added_tokens", "special_tokens", "sentencepiece",
      "spiece", "chat_template",
    ]
    return known.contains(where: name.hasPrefix) && !isWeights(name)
  }

  /// Whether a file is true only of the source, or written anew.
  private static func isOfSource(_ name: String) -> Bool {
    let name = name.lowercased()
    return name.hasPrefix(".") || own.contains(name) || isWeights(name)
  }

  /// Files that a saved model has of its own, that say how the source was trained, or that would
  /// make loaders look for weights that were left out.
  private static let own: Set = [
    "config.json", CustomArchitecture.fileName, "billhook.json", ModelDirectory.masksName,
    "adapter_config.json", "params.json", "trainer_state.json", "quantize_config.json",
    "hf_quant_config.json", "__pycache__",
  ]

  /// Whether a name is that of weights, of their index, or of a training state.
  private static func isWeights(_ name: String) -> Bool {
    let endings = [
      ".safetensors", ".bin", ".gguf", ".ggml", ".onnx", ".onnx_data", ".pt", ".pth", ".ckpt",
      ".h5",
      ".msgpack", ".tflite", ".npz", ".npy", ".pkl", ".pickle", ".nemo", ".distcp", ".mlmodel",
      ".index.json", ".partial", FileSystem.unfinished,
    ]
    return name.hasPrefix("consolidated") || endings.contains(where: name.hasSuffix)
  }
}
