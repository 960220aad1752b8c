import BillhookCore
import Testing

@Suite struct LinearAlgebraTests {
  /// Symmetric and positive definite: L·Lᵀ with L = [2 0; 1 3].
  private func matrix() throws -> Tensor {
    try Tensor([4, 2, 2, 10] as [Double], shape: [2, 2])
  }

  @Test func factorsByHand() throws {
    #expect(try matrix().cholesky(.lower).doubles() == [2, 0, 1, 3])
    #expect(try matrix().cholesky(.upper).doubles() == [2, 1, 0, 3])
  }

  @Test func aMatrixThatIsNotPositiveDefiniteIsNamed() throws {
    let matrix = try Tensor([1, 2, 2, 1] as [Double], shape: [2, 2])
    let error = #expect(throws: TorchError.self) { try matrix.cholesky(.lower) }
    #expect(error?.operation == "linalg_cholesky")
    #expect(error?.operands == ["float64 [2, 2]"])
    #expect(error?.message.contains("leading minor of order 2") == true)
    #expect(throws: TorchError.self) { try Tensor.zeros([2, 3]).cholesky(.upper) }
  }

  @Test func equationsByHand() throws {
    // 4x + 2y = 8 and 2x + 10y = 22 hold for x = 1, y = 2.
    let right = try Tensor([8, 22] as [Double], shape: [2, 1])
    let solution = try matrix().solve(right).doubles()
    #expect(abs(solution[0] - 1) < 1e-15 && abs(solution[1] - 2) < 1e-15)
    #expect(throws: TorchError.self) { try Tensor.zeros([2, 2]).solve(Tensor.zeros([2, 1])) }
    #expect(throws: TorchError.self) { try matrix().solve(Tensor.zeros([3, 1])) }
  }

  @Test func trianglesByHand() throws {
    // Only the named triangle counts: [2 0; 1 3] and [2 7; 0 3].
    let both = try Tensor([2, 7, 1, 3] as [Double], shape: [2, 2])
    let column = try Tensor([4, 11] as [Double], shape: [2, 1])
    #expect(try both.solveTriangular(.lower, column).doubles() == [2, 3])
    // 3y = 12 and 2x + 7y = 4.
    let other = try Tensor([4, 12] as [Double], shape: [2, 1])
    #expect(try both.solveTriangular(.upper, other).doubles() == [-12, 4])
  }

  @Test func eigenvaluesByHand() throws {
    // [2 1; 1 2] has 1 and 3, a batch its own for each matrix; the upper triangle is not looked at.
    let matrices = try Tensor([2, 99, 1, 2, 5, 0, 0, -4] as [Double], shape: [2, 2, 2])
    let values = try matrices.symmetricEigenvalues()
    #expect(values.shape == [2, 2])
    #expect(zip(try values.doubles(), [1, 3, -4, 5]).allSatisfy { abs($0 - $1) < 1e-14 })
  }
}
