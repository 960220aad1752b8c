import Foundation
import TestSupport
import Testing

/// Completions as a shell asks for them.
@Suite struct CompletionTests {
  /// What bash offers for the last of some words.
  private func offered(_ words: String...) throws -> [String] {
    let folder = try #require(Billhook.folder)
    let script = """
      PATH="$1:$PATH"; shift
      source <(billhook --generate-completion-script bash)
      COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
      _billhook billhook "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
      printf '%s\\n' "${COMPREPLY[@]}"
      """
    let bash = Process()
    bash.executableURL = URL(filePath: "/usr/bin/env")
    bash.arguments = ["bash", "-c", script, "bash", folder, "billhook"] + words
    bash.currentDirectoryURL = URL(filePath: "\(Fixture.repository)/Examples")
    let output = Pipe()
    bash.standardOutput = output
    try bash.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    bash.waitUntilExit()
    return text.split(separator: "\n").map(String.init).sorted()
  }

  @Test func commandsOptionsAndTheirValues() throws {
    #expect(try offered("ex") == ["explain"])
    #expect(try offered("new", "pl") == ["plugin"])
    #expect(
      try offered("new", "plugin", "own", "--kind", "re") == ["recovery", "refiner", "repair"]
    )
    #expect(try offered("check", "a.recipe", "--format", "s") == ["short"])
  }

  @Test func namesOfPlugins() throws {
    #expect(try offered("explain", "ta") == ["task", "taylor"])
    #expect(try offered("explain", "attention") == ["attention", "attention_head"])
    #expect(try offered("prune", "model", "--by", "wan") == ["wanda", "wanda_sp"])
  }

  @Test func recipesAndFolders() throws {
    #expect(try offered("run", "mag").contains("magnitude.recipe"))
    #expect(try offered("inspect", "Mod") == ["Models"])
  }

  @Test(arguments: ["zsh", "fish"])
  func otherShellsHaveThemToo(shell: String) throws {
    let outcome = try Billhook.call(["--generate-completion-script", shell])
    #expect(outcome.status == 0 && outcome.errors.isEmpty)
    #expect(outcome.output.contains("billhook explain --names"))
    #expect(outcome.output.contains("evaluation"))
  }
}
