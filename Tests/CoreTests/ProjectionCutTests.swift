import BillhookModels
import BillhookTorch
@testable import BillhookCore
import Testing

/// What a projection loses, as a repair asks for it.
@Suite struct ProjectionCutTests {
  private let id = WeightID(.down, block: 3)

  private func flags(_ mask: Tensor) throws -> [Int] { try mask.to(.int64).integers() }

  @Test func wholeColumnsGoInEachRow() throws {
    let weight = try Tensor.zeros([2, 5])
    let cut = ProjectionCut(id: id, weight: weight, columns: [1, 4])
    #expect(cut.keptColumns == [0, 2, 3])
    #expect(cut.step == nil && cut.rowsAreAlike)
    let mask = try cut.kept(0..<5, of: weight)
    #expect(try flags(mask) == [1, 0, 1, 1, 0, 1, 0, 1, 1, 0])
    #expect(try flags(cut.kept(3..<5, of: weight.narrowed(1, to: 3..<5))) == [1, 0, 1, 0])
  }

  @Test func columnsAndAMaskGoTogether() throws {
    let weight = try Tensor.zeros([2, 3])
    let mask = try Tensor([1, 0, 1, 0, 1, 1], shape: [2, 3]) .== 1
    let cut = ProjectionCut(id: id, weight: weight, columns: [2], mask: mask)
    #expect(cut.keptColumns == [0, 1] && !cut.rowsAreAlike)
    #expect(try flags(cut.kept(0..<3, of: weight)) == [1, 0, 0, 0, 1, 0])
  }

  @Test func aMaskIsShownColumnByColumn() throws {
    let weight = try Tensor.zeros([2, 3])
    let mask = try Tensor([1, 0, 1, 0, 0, 1], shape: [2, 3]) .== 1
    let cut = ProjectionCut(id: id, weight: weight, mask: mask)
    #expect(cut.columns == nil && cut.keptColumns == nil && cut.step == nil)
    #expect(try flags(cut.kept(1..<3, of: weight.narrowed(1, to: 1..<3))) == [0, 1, 0, 1])
  }

  @Test func choosingSeesTheColumnsAsTheyStand() throws {
    let weight = try Tensor.zeros([1, 5])
    let cut = ProjectionCut(id: id, weight: weight, step: 2) { _, current, _ in
      try .!(current .<= 0.5)
    }
    #expect(try flags(cut.kept(2..<4, of: Tensor([1, 0] as [Float], shape: [1, 2]))) == [1, 0])
    // The last columns are fewer.
    #expect(try flags(cut.kept(4..<5, of: Tensor([1] as [Float], shape: [1, 1]))) == [1])
  }

  @Test func otherRangesAndShapesAreRefused() throws {
    let weight = try Tensor.zeros([2, 5])
    func message(_ cut: ProjectionCut, _ columns: Range<Int>) throws -> String {
      do {
        _ = try cut.kept(columns, of: weight)
        return ""
      } catch { return "\(error)" }
    }
    let cut = ProjectionCut(id: id, weight: weight, step: 2) { columns, _, _ in
      try Tensor.full([2, columns.lowerBound == 0 ? 2 : 1], 1, dtype: .bool)
    }
    #expect(try message(cut, 0..<2) == "")
    let misplaced = "block 3 down: asked for the mask of columns 1..<4, chosen 2 at a time"
    #expect(try message(cut, 1..<4) == misplaced)
    #expect(try message(cut, 0..<3).hasSuffix("columns 0..<3, chosen 2 at a time"))
    #expect(try message(cut, 4..<6) == "block 3 down: asked for the mask of columns 4..<6 of 5")
    let narrow = "expected a mask bool [2, 2] of columns 2..<4, found bool [2, 1]"
    #expect(try message(cut, 2..<4) == "block 3 down: \(narrow)")
  }
}
