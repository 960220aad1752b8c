import ArgumentParser
import BillhookCore

/// A type of the arithmetic on the command line.
struct ComputeType {
  let dtype: DType

  /// Reads the name of a type.
  ///
  /// - Throws: `ValidationError` that names those that there are.
  init(_ text: String) throws {
    let types: [DType] = [.float32, .bfloat16, .float16, .float64]
    guard let type = types.first(where: { $0.rawValue == text }) else {
      throw ValidationError("expected float32, bfloat16, float16 or float64, found \(text)")
    }
    dtype = type
  }
}
