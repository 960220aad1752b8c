@testable import BillhookRecipe
import BillhookPlugins
@testable import BillhookCore
@testable import BillhookFiles
@testable import BillhookResolver
import TestSupport
import Testing

/// The grammar for editors knows the language: its keywords, and plugins by their places.
@Suite struct EditorGrammarTests {
  private let grammar: TextMateGrammar

  init() throws {
    grammar = try TextMateGrammar(
      "\(Fixture.repository)/Editors/VSCode/syntaxes/recipe.tmLanguage.json"
    )
  }

  private func scope(of text: String, in recipe: String) -> String? {
    grammar.tokens(recipe).first { $0.text == text }?.scope
  }

  /// Every word that begins a statement or a clause does so at the start of a line, after a brace
  /// and after a comma; as a setting it is neither.
  @Test(arguments: Keyword.statements + Keyword.clauses)
  func keywordsAreThoseOfTheLanguage(word: String) {
    let rest = ["let", "data"].contains(word) ? " a = b" : word == "each" ? " a in [1]" : " a"
    for text in [
      "\(word)\(rest)", "prune b { \(word)\(rest)", "prune b { x = 1, \(word)\(rest)",
    ] {
      #expect(scope(of: word, in: text) == "keyword.control.recipe", "\(text)")
    }
    #expect(scope(of: word, in: "  \(word) = 3") == "variable.other.property.recipe")
  }

  @Test func noOtherWordIsAKeyword() {
    let known = Set(Keyword.statements + Keyword.clauses + ["on", "in"])
    let other: Set = ["new", "to", "of", "parameters", "first", "last", "none", "every"]
    let words = grammar.expressions.flatMap { expression in
      expression.matches(of: /\((?:\?:)?([a-z|]+)\)/).flatMap { $0.1.split(separator: "|") }
    }
    let found = Set(words.map(String.init))
    #expect(found.subtracting(other).subtracting(["true", "false"]) == known)
    #expect(other.isSubset(of: found))
  }

  @Test func pluginsAreKnownByTheirPlaces() throws {
    var count = 0
    for type in BuiltinPlugins.all {
      let description = PluginDescription(type)
      guard let example = description.example() else { continue }
      let scope = scope(of: description.name, in: example)
      #expect(scope == "entity.name.function.plugin.recipe", "\(example)")
      count += 1
    }
    #expect(count > 20)
    #expect(
      scope(of: "own_idea", in: "prune [attention_head, own_idea] on x {")
        == "entity.name.function.plugin.recipe"
    )
    #expect(scope(of: "taylor+", in: "by taylor+")?.hasSuffix("plugin.recipe") == true)
  }

  @Test func everythingElseByItsForm() {
    let text = #"""
      let folder = "out/v-$cut \n ${name}x $$ \q" # "no text"
      data words = text "a.txt" { windows = random, length = 64_000 }
      each kept in [[0], [2..4]] {
        prune block on words { by taylor { order = $order }, down to 5.5B parameters, keep none }
        save "a" { shard = 2GB, overwrite = true }
        recover lora on words { share = 20%, pattern = 2:4, rate = -1e-4 }
      }
      """#
    let shown = grammar.tokens(text).filter { !$0.text.trimmed.isEmpty }.map { token in
      "\(token.text.trimmed) \(token.scope.replacing(".recipe", with: ""))"
    }
    #expect(
      shown == [
        "let keyword.control", "folder variable.other.definition",
        "= keyword.operator.assignment", #"" string.quoted.double"#,
        "out/v- string.quoted.double", "$cut variable.other", #"\n constant.character.escape"#,
        "${name} variable.other", "x string.quoted.double", "$$ constant.character.escape",
        #"\q invalid.illegal.escape"#, #"" string.quoted.double"#,
        #"# "no text" comment.line.number-sign"#,
        "data keyword.control", "words variable.other.dataset",
        "= keyword.operator.assignment", "text entity.name.function.plugin",
        #"" string.quoted.double"#, "a.txt string.quoted.double", #"" string.quoted.double"#,
        "{ punctuation.section.braces", "windows variable.other.property",
        "= keyword.operator.assignment", "random constant.other.word",
        ", punctuation.separator", "length variable.other.property",
        "= keyword.operator.assignment", "64_000 constant.numeric", "} punctuation.section.braces",
        "each keyword.control", "kept variable.other.definition", "in keyword.control",
        "[ punctuation.section.brackets", "[ punctuation.section.brackets", "0 constant.numeric",
        "] punctuation.section.brackets", ", punctuation.separator",
        "[ punctuation.section.brackets", "2 constant.numeric", ".. keyword.operator.range",
        "4 constant.numeric", "] punctuation.section.brackets", "] punctuation.section.brackets",
        "{ punctuation.section.braces",
        "prune keyword.control", "block entity.name.function.plugin", "on keyword.control",
        "words variable.other.dataset", "{ punctuation.section.braces", "by keyword.control",
        "taylor entity.name.function.plugin", "{ punctuation.section.braces",
        "order variable.other.property", "= keyword.operator.assignment", "$order variable.other",
        "} punctuation.section.braces", ", punctuation.separator", "down keyword.control",
        "to keyword.other", "5.5B constant.numeric", "parameters keyword.other",
        ", punctuation.separator", "keep keyword.control", "none keyword.other",
        "} punctuation.section.braces",
        "save keyword.control", #"" string.quoted.double"#, "a string.quoted.double",
        #"" string.quoted.double"#, "{ punctuation.section.braces",
        "shard variable.other.property", "= keyword.operator.assignment", "2GB constant.numeric",
        ", punctuation.separator", "overwrite variable.other.property",
        "= keyword.operator.assignment", "true constant.language.boolean",
        "} punctuation.section.braces",
        "recover keyword.control", "lora entity.name.function.plugin", "on keyword.control",
        "words variable.other.dataset", "{ punctuation.section.braces",
        "share variable.other.property", "= keyword.operator.assignment", "20% constant.numeric",
        ", punctuation.separator", "pattern variable.other.property",
        "= keyword.operator.assignment", "2:4 constant.numeric.ratio", ", punctuation.separator",
        "rate variable.other.property", "= keyword.operator.assignment", "-1e-4 constant.numeric",
        "} punctuation.section.braces", "} punctuation.section.braces",
      ]
    )
  }

  /// In all recipes of the repository every word has a scope, and none is wrong.
  @Test func recipesHaveNoWordWithoutOne() throws {
    let names = try FileSystem.names(in: ExampleRecipesTests.examples)
      .filter { $0.hasSuffix(".recipe") }
    let texts =
      try names.map { try Fixture.text("\(ExampleRecipesTests.examples)/\($0)") }
      + DocumentationTests.recipes
    #expect(texts.count > 20)
    for text in texts {
      let tokens = grammar.tokens(text)
      #expect(!tokens.contains { $0.scope.hasPrefix("invalid") })
      let scoped = tokens.map(\.text).joined().filter { !$0.isWhitespace }
      let all = text.filter { !$0.isWhitespace }
      #expect(scoped.count == all.count, "\(text)")
    }
  }
}

extension String {
  fileprivate var trimmed: String {
    String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
  }
}
