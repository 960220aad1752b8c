import BillhookCore
import Testing
import TestSupport

/// Weights that stay on a device, here the processor with another type than the stored one: both make
/// copies.
@Suite struct ResidentWeightsTests {
  private static let all = 1 << 24

  private func staying(_ model: LanguageModel, in room: DeviceRoom) -> LanguageModel {
    model.staying(on: .cpu, in: .bfloat16, within: room)
  }

  private func lent(
    _ model: LanguageModel,
    block: Int = 0,
    _ dtype: DType = .bfloat16
  ) throws -> [WeightRole: Tensor] {
    let lent = try model.lend(model.blocks[block], dtype: dtype, device: .cpu)
    return try Dictionary(
      uniqueKeysWithValues: model.configuration.weights(of: model.blocks[block]).map {
        ($0.id.role, try lent.require($0.id.role))
      }
    )
  }

  /// Whether two tensors are one in memory.
  private func areOne(_ first: Tensor?, _ second: Tensor?) throws -> Bool {
    func place(_ tensor: Tensor?) throws -> UnsafeRawPointer? {
      try tensor.flatMap { try $0.withBytes { $0.baseAddress } }
    }
    return try place(first) == place(second)
  }

  @Test func whatWasLentStays() throws {
    let (model, room) = (try Golden("llama-gqa").model, DeviceRoom(Self.all))
    let resident = staying(model, in: room)
    let (first, second) = try (lent(resident), lent(resident))
    let plain = try lent(model)
    for (role, tensor) in first {
      #expect(try areOne(tensor, second[role]))
      #expect(try plain[role]?.hasSameBytes(as: tensor) == true)
    }
    #expect(room.free == Self.all - first.values.reduce(0) { $0 + $1.byteCount })
    // Other types are copied each time.
    let (third, fourth) = try (lent(resident, .float64), lent(resident, .float64))
    #expect(try !areOne(third[.query], fourth[.query]))
    #expect(room.free == Self.all - first.values.reduce(0) { $0 + $1.byteCount })
  }

  @Test func whatCameFirstStaysWhereThereIsLittleRoom() throws {
    let model = try Golden("llama-gqa").model
    let block = try lent(model).values.reduce(0) { $0 + $1.byteCount }
    // One for what is copied ahead.
    let room = DeviceRoom(2 * block)
    let resident = staying(model, in: room)
    for _ in 0..<2 {
      for block in model.blocks.indices {
        let plain = try lent(model, block: block)
        for (role, tensor) in try lent(resident, block: block) {
          #expect(try plain[role]?.hasSameBytes(as: tensor) == true)
        }
      }
    }
    #expect(room.free == 0)
    #expect(try areOne(lent(resident)[.query], lent(resident)[.query]))
    let (one, other) = try (lent(resident, block: 1), lent(resident, block: 1))
    #expect(try !areOne(one[.query], other[.query]))
  }

  @Test func roomComesBackWithTheLastModel() throws {
    let room = DeviceRoom(Self.all)
    var resident: LanguageModel? = staying(try Golden("llama-gqa").model, in: room)
    var shorter = try resident?.removingBlocks([2])
    _ = try resident.map { try lent($0) }
    resident = nil
    #expect(room.free < Self.all)
    _ = shorter
    shorter = nil
    #expect(room.free == Self.all)
  }

  @Test func itIsLaidOverAModelOnce() throws {
    let room = DeviceRoom(Self.all)
    let resident = staying(try Golden("llama-gqa").model, in: room)
    let first = try lent(resident)
    let left = room.free
    let second = try lent(staying(resident, in: room))
    #expect(room.free == left)
    #expect(try areOne(first[.down], second[.down]))
  }

  /// Whatever is done to a model is seen, and what is not changed is shared.
  @Test func whatIsMadeOfItIsTheSame() throws {
    let golden = try Golden("llama-gqa")
    let room = DeviceRoom(Self.all)
    let resident = staying(golden.model, in: room)
    let whole = try lent(resident)
    var gates = Gates()
    gates.close(channels: [1, 4], ofBlock: 0)
    let changes: [(LanguageModel) throws -> LanguageModel] = [
      { try $0.removingBlocks([1]) },
      { try $0.removing(gates) },
      { try $0.masked([.down]) },
      { try $0.removing(gates).masked([.up]) },
      { $0.takingZerosForMasks },
    ]
    for change in changes {
      let (plain, made) = try (change(golden.model), change(resident))
      for (dtype, block) in [(DType.bfloat16, 0), (.float32, 0), (.bfloat16, 2)] {
        let expected = try lent(plain, block: block, dtype)
        for (role, tensor) in try lent(made, block: block, dtype) {
          #expect(try expected[role]?.hasSameBytes(as: tensor) == true)
        }
      }
    }
    #expect(try areOne(lent(resident.removing(gates))[.query], whole[.query]))
    #expect(try !areOne(lent(resident.masked([.down]))[.down], whole[.down]))
  }
}
