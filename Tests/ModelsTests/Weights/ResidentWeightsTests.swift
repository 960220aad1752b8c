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

  /// New values, an update and a mask for three weights of block 0, in a file.
  private func edited(_ model: LanguageModel, at path: String) throws -> LanguageModel {
    let golden = try Golden("llama-gqa").model
    let down = WeightID(.down, block: 0)
    let query = WeightID(.query, block: 0)
    let up = WeightID(.up, block: 0)
    let matrix = try golden.weights.stored(query)
    let update = LowRankUpdate(
      down: try Tensor.full([1, matrix.shape[1]], 0.5, dtype: .float32),
      up: try Tensor.full([matrix.shape[0], 1], 0.25, dtype: .float32),
      scale: 2
    )
    // Every second column of 32.
    let kept = try Tensor((0..<56 * 32).map { Float($0 % 2) }, shape: [56, 32]).to(.bool)
    return try model.editing(
      [down: try golden.weights.stored(down) * 3],
      updates: [query: update],
      masks: [up: kept],
      at: path
    )
  }

  /// What a training or a repair wrote stays as well, and takes no room for what it did not change.
  @Test func whatFilesChangeStaysOnTop() throws {
    try Fixture.withFolder { folder in
      let golden = try Golden("llama-gqa").model
      let room = DeviceRoom(Self.all)
      let resident = staying(golden, in: room)
      let whole = try lent(resident)
      let before = room.free
      let path = "\(folder)/edits.safetensors"
      let plain = try edited(golden, at: path)
      var made: LanguageModel? = staying(try resident.editing(by: path), in: room)
      let again = try made.map { staying($0, in: room) }
      let expected = try lent(plain)
      let (first, second) = try (lent(#require(made)), lent(#require(again)))
      for (role, tensor) in expected {
        #expect(try first[role]?.hasSameBytes(as: tensor) == true, "\(role)")
        #expect(try areOne(first[role], second[role]), "\(role)")
        let isChanged = [.down, .query, .up].contains(role)
        #expect(try areOne(first[role], whole[role]) == !isChanged, "\(role)")
      }
      let own = [WeightRole.down, .query, .up].reduce(0) { $0 + (expected[$1]?.byteCount ?? 0) }
      #expect(room.free == before - own)
      // Channels go from what stays, and other types are made anew.
      var gates = Gates()
      gates.close(channels: [1, 4], ofBlock: 0)
      let (cut, narrow) = try (plain.removing(gates), #require(made).removing(gates))
      for dtype in [DType.bfloat16, .float32] {
        let expected = try lent(cut, dtype)
        for (role, tensor) in try lent(narrow, dtype) {
          #expect(try expected[role]?.hasSameBytes(as: tensor) == true, "\(role)")
        }
      }
      made = nil
      #expect(room.free == before - own)
    }
  }

  /// Files are told apart by what they were written on, whatever lies between them.
  @Test func filesAreKnownThroughWhatStays() throws {
    try Fixture.withFolder { folder in
      let room = DeviceRoom(Self.all)
      let golden = try Golden("llama-gqa").model
      let opened = staying(golden, in: room)
      let paths = ["first", "second"].map { "\(folder)/\($0).safetensors" }
      let first = staying(try edited(opened, at: paths[0]), in: room)
      let second = staying(try edited(first, at: paths[1]), in: room)
      #expect(try second.edits(since: first) == [paths[1]])
      #expect(try second.edits(since: opened) == paths)
      #expect(try second.edits(since: golden) == paths)
      #expect(throws: FileError.self) { try first.edits(since: second) }
      let (expected, found) = try (
        lent(golden.editing(by: paths[0]).editing(by: paths[1])), lent(second)
      )
      for (role, tensor) in found {
        #expect(try expected[role]?.hasSameBytes(as: tensor) == true, "\(role)")
      }
    }
  }
}
