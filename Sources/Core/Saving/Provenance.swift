import BillhookModels

/// The record that travels with a saved model: how it came about, enough to make it again.
struct Provenance {
  static let fileName = "billhook.json"

  /// The text of the recipe.
  let recipe: String
  /// The path of the source model as the recipe names it.
  let source: String
  /// What was removed, in order.
  let removals: [Removal]
  /// What was done to the source, step by step.
  let derivation: [String]

  /// One removal with everything it was decided by.
  struct Removal {
    let unit: String
    let amount: String
    let keep: String
    /// The scores of all units of the kind; nil where nothing scored them.
    let scores: Scores?
    let removed: [Int]
    /// The windows that the criterion was given; nil when it needed no data.
    let tokens: TokenSet?
  }

  /// What was done to the source of a directory; nil when it has no readable record.
  static func derivation(at directory: String) -> [String]? {
    guard let bytes = try? FileSystem.read("\(directory)/\(fileName)") else { return nil }
    return (try? JSON(parsing: bytes))?["steps"]?.array?.compactMap(\.string)
  }

  /// Whether two records say the same, whatever else stood in the recipes.
  static func agree(_ one: [UInt8], _ other: [UInt8]) -> Bool {
    func members(_ bytes: [UInt8]) -> [JSON.Member]? {
      (try? JSON(parsing: bytes))?.members?.filter {
        !["recipe", "recipe_sha256"].contains($0.key)
      }
    }
    guard let one = members(one), let other = members(other) else { return false }
    return one == other
  }

  /// The record; it holds no time and no path of this machine, so equal runs write equal bytes.
  var json: JSON {
    [
      "billhook": .string(BillhookVersion.current),
      "source": .string(source),
      "recipe_sha256": .string(SHA256.hex(recipe)),
      "recipe": .string(recipe),
      "steps": .array(derivation.map(JSON.string)),
      "removed": .array(removals.map(\.json)),
    ]
  }
}

extension Provenance.Removal {
  fileprivate var json: JSON {
    var members: [JSON.Member] = [.init(key: "unit", value: .string(unit))]
    if let scores { members.append(.init(key: "criterion", value: .string(scores.criterion))) }
    members += [
      .init(key: "amount", value: .string(amount)),
      .init(key: "keep", value: .string(keep)),
      .init(key: "removed", value: .array(removed.map { .number(JSONNumber($0)) })),
    ]
    if let scores { members.append(.init(key: "scores", value: scores.json)) }
    if let tokens {
      let text = TokenFile.text(tokens)
      members.append(
        .init(
          key: "calibration",
          value: [
            "windows": .string(tokens.note),
            "tokens_sha256": .string(SHA256.hex(text)),
            "tokens": .array(text.split(separator: "\n").map { .string(String($0)) }),
          ]
        )
      )
    }
    return .object(members)
  }
}
