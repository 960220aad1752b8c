import BillhookCore
import Testing

@Suite struct TensorTests {
  @Test func arithmeticByHand() throws {
    let a = try Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3])
    let b = try Tensor([10, 20, 30] as [Float])
    #expect(try (a + b).floats() == [11, 22, 33, 14, 25, 36])
    #expect(try (a * b).sum([1]).floats() == [140, 320])
    #expect(try a.matmul(b.reshaped([3, 1])).floats() == [140, 320])
    #expect(try a.pow(2).sum(dtype: .float64).scalar() == 91)
    #expect(try a.transposed(0, 1).contiguous().floats() == [1, 4, 2, 5, 3, 6])
    #expect(try a.narrowed(1, to: 1..<3).floats() == [2, 3, 5, 6])
    #expect(try a.selecting(1, Tensor([2, 0])).floats() == [3, 1, 6, 4])
    #expect(try Tensor.joined([a, a], along: 0).shape == [4, 3])
    #expect(try Tensor.pow(2, Tensor([0, 1, 3] as [Float])).floats() == [1, 2, 8])
  }

  @Test(arguments: [DType.float32, .float16, .bfloat16, .float64])
  func typesRoundTrip(dtype: DType) throws {
    let values: [Float] = [0, 1, -2.5, 0.125, 1024]
    let tensor = try Tensor(values).to(dtype)
    #expect(tensor.dtype == dtype)
    #expect(tensor.byteCount == values.count * dtype.byteCount)
    #expect(try tensor.floats() == values)
  }

  @Test func errorsNameOperationAndShapes() throws {
    let a = try Tensor.zeros([2, 3])
    let b = try Tensor.zeros([2, 3], dtype: .float64)
    let error = #expect(throws: TorchError.self) { try a.matmul(a) }
    #expect(error?.operation == "matmul")
    #expect(error?.operands == ["float32 [2, 3]", "float32 [2, 3]"])
    #expect(error?.message.contains("2x3 and 2x3") == true)
    #expect(throws: TorchError.self) { try a.reshaped([4]) }
    #expect(throws: TorchError.self) { try a.linear(b) }
    #expect(throws: TorchError.self) { try Tensor([1, 2, 3] as [Float], shape: [2, 2]) }
    #expect(throws: TorchError.self) { try a.scalar() }
  }

  @Test func embeddingRefusesAnIDOutsideTheTable() throws {
    let table = try Tensor.zeros([4, 2])
    #expect(throws: TorchError.self) { try table.embedding(Tensor([4])) }
  }

  @Test func crossEntropyByHand() throws {
    // Equal logits give -log(1/4) whatever the target.
    let losses = try Tensor.zeros([2, 4]).crossEntropy(Tensor([0, 3])).doubles()
    #expect(losses.allSatisfy { abs($0 - 1.3862943611) < 1e-6 })
  }

  @Test func rmsNormByHand() throws {
    // The mean square of (3, 4) is 12.5.
    let normed = try Tensor([3, 4] as [Float], shape: [1, 2])
      .rmsNorm(Tensor([1, 2] as [Float]), epsilon: 0).doubles()
    #expect(abs(normed[0] - 0.848528) < 1e-6)
    #expect(abs(normed[1] - 2.262742) < 1e-6)
  }

  @Test func causalAttentionSharesKeysAmongQueryHeads() throws {
    let generator = try Generator(seed: 3)
    let queries = try generator.normal([1, 4, 5, 6])
    let keys = try generator.normal([1, 2, 5, 6])
    let values = try generator.normal([1, 2, 5, 6])
    let grouped = try queries.attention(keys: keys, values: values, causal: true)
    let heads = try Tensor([0, 0, 1, 1])
    let repeated = try queries.attention(
      keys: keys.selecting(1, heads),
      values: values.selecting(1, heads),
      causal: true
    )
    #expect(try (grouped - repeated).abs().max().scalar() < 1e-6)
    // The first position sees itself alone.
    let first = try grouped.narrowed(2, to: 0..<1).narrowed(1, to: 3..<4).floats()
    #expect(try first == values.narrowed(1, to: 1..<2).narrowed(2, to: 0..<1).floats())
  }

  @Test func memoryOfAnOwnerIsNotCopied() throws {
    final class Owner {
      let memory = UnsafeMutableBufferPointer<Float>.allocate(capacity: 3)
      let onRelease: () -> Void
      init(onRelease: @escaping () -> Void) { self.onRelease = onRelease }
      deinit {
        memory.deallocate()
        onRelease()
      }
    }
    var isReleased = false
    do {
      let owner = Owner { isReleased = true }
      _ = owner.memory.initialize(from: [1, 2, 3])
      let start = try #require(owner.memory.baseAddress)
      let tensor = try Tensor(over: start, shape: [3], dtype: .float32, owner: owner)
      owner.memory[1] = 7
      #expect(try tensor.floats() == [1, 7, 3])
      #expect(!isReleased)
    }
    #expect(isReleased)
  }
}
