import BillhookFiles
import BillhookTorch

/// Where a weight in codes is stored: four tensors in the layout of GPTQ, of which it may have some of the
/// outputs.
struct QuantisedPlace: Sendable {
  /// The file of each tensor, by what follows the module in its name.
  private let files: [String: SafetensorsFile]
  /// The module that the tensors belong to.
  private let module: String
  /// The weight's outputs among those of the module.
  private let rows: Range<Int>
  private let codes: StoredCodes
  /// How the codes were made.
  let scheme: QuantisationScheme

  /// The tensors of a module, by what follows it in their names.
  static let parts = ["qweight", "qzeros", "scales", "g_idx"]

  /// The module whose tensors are in the place of one that a model needs; nil where they are not there.
  static func module(inPlaceOf tensor: String, in files: [String: SafetensorsFile]) -> String? {
    let ending = ".weight"
    guard files[tensor] == nil, tensor.hasSuffix(ending) else { return nil }
    let module = String(tensor.dropLast(ending.count))
    return files["\(module).qweight"] == nil ? nil : module
  }

  /// Finds the tensors of a module.
  ///
  /// - Parameters:
  ///   - module: The name of the module.
  ///   - rows: The outputs that belong to the weight.
  ///   - shape: The shape of the module's matrix, `[out, in]`.
  ///   - codes: What the configuration says of codes.
  ///   - all: The files by their tensors.
  ///   - directory: The directory, for messages.
  /// - Throws: `FileError` for a tensor that is missing, or has another shape.
  init(
    _ module: String,
    rows: Range<Int>,
    of shape: [Int],
    _ codes: StoredCodes,
    in all: [String: SafetensorsFile],
    at directory: String
  ) throws(FileError) {
    self.module = module
    self.rows = rows
    self.codes = codes
    var files: [String: SafetensorsFile] = [:]
    for part in Self.parts {
      guard let file = all["\(module).\(part)"] else {
        throw FileError(directory, at: "\(module).\(part)", "there is no such tensor")
      }
      files[part] = file
    }
    self.files = files
    func found(_ part: String) -> [Int] { files[part]?.shape(of: "\(module).\(part)") ?? [] }
    let (outputs, inputs) = (shape[0], shape[1])
    let groups = found("scales").first ?? 0
    // Of the two kinds of codes, that which fills as many words.
    let bits = [4, 8].first { found("qweight") == [inputs * $0 / 32, outputs] } ?? 4
    let expected = [
      "qweight": [inputs * bits / 32, outputs], "qzeros": [groups, outputs * bits / 32],
      "scales": [groups, outputs], "g_idx": [inputs],
    ]
    for part in Self.parts {
      let name = "\(module).\(part)"
      let type = files[part]?.dtype(of: name)
      let isRight = part == "scales" ? type?.isFloatingPoint == true : type == .int32
      guard found(part) == expected[part], isRight else {
        let kind = part == "scales" ? "floating-point numbers" : "int32"
        throw FileError(
          files[part]?.path ?? directory,
          at: name,
          "expected \(kind) \(expected[part] ?? []) for codes of 4 bits, or twice the words for 8, found "
            + "\(type?.rawValue ?? "") \(found(part))"
        )
      }
    }
    let isPacked = [inputs, rows.lowerBound, rows.upperBound].allSatisfy { $0 * bits % 32 == 0 }
    guard groups > 0, inputs % groups == 0, isPacked else {
      throw FileError(
        directory,
        at: module,
        "\(inputs) inputs, \(outputs) outputs and \(groups) groups: expected whole words of codes, and "
          + "groups of one size"
      )
    }
    scheme = QuantisationScheme(
      bits: bits,
      // One group may be all of a row, or as many inputs as there are.
      group: groups == 1 && codes.group == nil ? nil : inputs / groups,
      isSymmetric: codes.isSymmetric
    )
  }

  /// The type of the numbers that the codes stand for.
  var dtype: DType { codes.dtype }

  /// The tensors that the weight is made from.
  var places: [StoredPlace] {
    Self.parts.compactMap { part in
      files[part].map { StoredPlace(file: $0, tensor: "\(module).\(part)") }
    }
  }

  /// Says when the tensors will be needed.
  func advise(_ advice: MappedFile.Advice) {
    for (part, file) in files { file.advise("\(module).\(part)", advice) }
  }

  /// The codes of the weight.
  ///
  /// - Throws: `FileError` for groups that do not exist, or that `desc_act` does not announce, and for
  ///   codes of zero that programs read differently.
  func matrix() throws -> QuantisedMatrix {
    let words = rows.lowerBound * scheme.bits / 32..<rows.upperBound * scheme.bits / 32
    let groups = try tensor("g_idx")
    try check(groups)
    var zeros = try tensor("qzeros").narrowed(1, to: words)
    if !codes.holdsZerosAsTheyAre { zeros = try increased(zeros) }
    if scheme.isSymmetric { try checkMiddle(zeros) }
    return QuantisedMatrix(
      codeWords: try tensor("qweight").narrowed(1, to: rows),
      zeroWords: zeros,
      scales: try tensor("scales").narrowed(1, to: rows),
      groupOfInput: groups,
      scheme,
      reordersInputs: codes.reordersInputs
    )
  }

  private func tensor(_ part: String) throws -> Tensor {
    guard let file = files[part] else { throw FileError(module, at: part, "is not there") }
    return try file.tensor("\(module).\(part)")
  }

  private func check(_ groups: Tensor) throws {
    let found = try groups.integers()
    let size = scheme.group ?? found.count
    let count = found.count / size
    let isInOrder = found.enumerated().allSatisfy { $1 == $0 / size }
    guard found.allSatisfy((0..<count).contains), codes.reordersInputs || isInOrder else {
      throw FileError(
        files["g_idx"]?.path ?? module,
        at: "\(module).g_idx",
        "expected groups of \(size) neighbouring inputs, or with `desc_act` groups from 0 to "
          + "\(count - 1)"
      )
    }
  }

  /// Checks that zero is the code in the middle, as kernels of other programs take it for granted where
  /// `sym` says so.
  private func checkMiddle(_ zeros: Tensor) throws {
    let found = try PackedCodes.unpacked(zeros, bits: scheme.bits).to(.float32)
    guard try (found - Tensor([Float(scheme.middle)])).abs().max().scalar() == 0 else {
      throw FileError(
        files["qzeros"]?.path ?? module,
        at: "\(module).qzeros",
        "expected \(scheme.middle) as the code of every zero, since `sym` of `quantization_config` is true; "
          + "set it to false if others are meant"
      )
    }
  }

  /// The codes of zero, which are stored less 1.
  private func increased(_ stored: Tensor) throws -> Tensor {
    let codes = try PackedCodes.unpacked(stored, bits: scheme.bits).to(.float32)
    guard try codes.max().scalar() < Double(scheme.largestCode) else {
      throw FileError(
        files["qzeros"]?.path ?? module,
        at: "\(module).qzeros",
        "holds \(scheme.largestCode), which programs read as 0 or as \(scheme.largestCode + 1) in the "
          + "format `gptq`; ask for the format `gptq_v2` where it was quantised"
      )
    }
    return try PackedCodes.packed((codes + 1).to(.uint8), bits: scheme.bits)
  }
}
