import BillhookFiles
public import BillhookTorch

extension LanguageModel {
  /// An untrained model, from a `config.json` with a tokenizer beside it.
  ///
  /// Projections and tables are drawn from a normal distribution whose standard deviation is
  /// `initializer_range`, or 0.02 without it; norms start at one and biases at zero, as in
  /// transformers.
  ///
  /// - Parameters:
  ///   - path: The path of the file.
  ///   - seed: The seed of the random numbers.
  ///   - keys: Keys of the file to ignore; with dots where they are nested.
  /// - Throws: `FileError` that names file and key.
  public init(new path: String, seed: RandomSeed, ignoring keys: [String] = []) throws {
    try self.init(path, seed, ignoring: keys, isNew: true)
    if let imageModel = configuration.imageModel {
      throw FileError(path, "a new \(imageModel) cannot be made, as only its text model is known")
    }
  }

  /// What a `config.json` describes, without the weights: for looking at a model that was not
  /// downloaded.
  ///
  /// Of weights in codes, all projections are taken to be quantised alike, as only the weights tell which
  /// are.
  ///
  /// - Parameter path: The path of the file.
  /// - Throws: `FileError` that names file and key.
  package init(describing path: String) throws {
    try self.init(path, RandomSeed(0), ignoring: [], isNew: false)
  }

  private init(
    _ path: String,
    _ seed: RandomSeed,
    ignoring keys: [String],
    isNew: Bool
  ) throws {
    let directory = try ModelDirectory(configurationAt: path, ignoring: keys)
    let json = try directory.configurationText.json
    let reader = ConfigurationReader(path: path, json: json)
    guard !isNew || !reader.has(ConfigurationReader.codesKey) else {
      throw reader.error(ConfigurationReader.codesKey, "a new model has no codes; remove the key")
    }
    let configuration = try Family.configuration(reader)
    let range = json["initializer_range"] ?? .null
    let deviation = range.isNull ? 0.02 : range.double ?? 0
    guard deviation > 0, deviation < 1 else {
      throw FileError(path, at: "initializer_range", "expected a number between 0 and 1")
    }
    let codes = try reader.storedCodes()
    let named = (json["dtype"] ?? json["torch_dtype"])?.string
    let type = named ?? (codes == nil ? DType.float32 : .float16).rawValue
    guard let dtype = DType(rawValue: type), dtype.isFloatingPoint else {
      throw FileError(path, at: "dtype", "expected float32, bfloat16 or float16, found \(type)")
    }
    let weights = InitialWeights(configuration, dtype: dtype, deviation: deviation, seed: seed)
    self.init(directory: directory, configuration: configuration, weights: weights)
    remarks = configuration.remarks(of: path)
    if let codes {
      self = presumingCodes(of: Set(projections), try reader.scheme(of: codes))
      remarks += reader.remarks(about: codes)
    }
  }
}
