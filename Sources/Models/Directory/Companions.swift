package import BillhookFiles

/// The files of a model directory that go along with a saved model: everything but what a saved model
/// has of its own, or what is only true of the source.
///
/// By exclusion, because every family has its own names for tokenizers, templates and licences. Left
/// out are weights in any format with their indexes, states of trainings, adapters, records of what
/// wrote the directory, hidden files, folders but for chat templates, and files of more than 10 MB
/// that are no tokenizer's.
public struct Companions: Sendable, Equatable {
  /// The files that are copied, by their paths inside of the directory, sorted.
  public let names: [String]
  /// Files that may matter, and are left behind because nobody knows them; folders end with a slash.
  public let leftBehind: [String]

  /// The most bytes of a file that is copied without knowing what it is.
  private static let mostOfUnknown = 10_000_000

  /// None.
  static let none = Companions(names: [], leftBehind: [])

  private init(names: [String], leftBehind: [String]) {
    self.names = names
    self.leftBehind = leftBehind
  }

  /// Looks at a model directory.
  ///
  /// - Throws: `FileError` when it cannot be listed.
  package init(in directory: String) throws(FileError) {
    var names: [String] = []
    var leftBehind: [String] = []
    for name in try FileSystem.names(in: directory) where !Self.isOfSource(name) {
      let path = "\(directory)/\(name)"
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
        // As in a cache that was loaded in part; it is missed when the model is saved.
        names.append(name)
      }
    }
    self.init(names: names.sorted(), leftBehind: leftBehind)
  }

  /// Looks for a tokenizer and what describes the making of text beside the configuration of a new
  /// model; what else its folder holds need not belong to it.
  package init(besideConfigurationIn directory: String) throws(FileError) {
    let names = try FileSystem.names(in: directory).filter { name in
      (Self.isOfTokenizer(name) || name == "generation_config.json")
        && FileSystem.size(ofFile: "\(directory)/\(name)") != nil
    }
    self.init(names: names.sorted(), leftBehind: [])
  }

  /// Those of the files that are not there.
  public func missing(in directory: String) -> [String] {
    names.filter { !FileSystem.exists("\(directory)/\($0)") }
  }

  /// Copies the files into a directory.
  ///
  /// - Throws: `FileError` when one of them is no longer there, or something cannot be written.
  func copy(from source: String, into directory: String) throws(FileError) {
    if let name = missing(in: source).first {
      throw FileError(
        "\(source)/\(name)",
        "was there when the model was opened, and is gone; put it back and start again"
      )
    }
    for name in names {
      // Bounded: a file with holes would fill the disk.
      let bytes = try FileSystem.read("\(source)/\(name)")
      let target = "\(directory)/\(name)"
      try FileSystem.makeDirectory(FileSystem.parent(of: target))
      let writer = try FileWriter(target)
      try writer.write(bytes)
      try writer.finish()
    }
  }

  /// Whether a file is a tokenizer's, whatever its size.
  private static func isOfTokenizer(_ name: String) -> Bool {
    let name = name.lowercased()
    let known = [
      "tokenizer", "vocab", "merges", "tekken", "added_tokens", "special_tokens", "sentencepiece",
      "spiece", "chat_template",
    ]
    return known.contains(where: name.hasPrefix) && !isWeights(name)
  }

  /// Whether a file is only true of the source, or written anew.
  private static func isOfSource(_ name: String) -> Bool {
    let name = name.lowercased()
    return name.hasPrefix(".") || own.contains(name) || isWeights(name)
  }

  /// What a saved model has of its own, what says how the source was trained, and what would make
  /// loaders look for weights that were left out.
  private static let own: Set = [
    "config.json", CustomArchitecture.fileName, "billhook.json",
    "adapter_config.json", "params.json", "trainer_state.json", "quantize_config.json",
    "hf_quant_config.json", "__pycache__",
  ]

  /// Whether a name is that of weights, of their index, or of the state of a training.
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
