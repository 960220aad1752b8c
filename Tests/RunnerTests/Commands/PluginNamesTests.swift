import BillhookCore
import BillhookPipeline
import BillhookPlugins
@testable import BillhookRunner
import Testing

/// What a new plugin's files call it, and where they find Billhook.
@Suite struct PluginNamesTests {
  @Test(arguments: [
    ("https://example.org/tools/billhook.git", "billhook"),
    ("git@example.org:tools/hook.git", "hook"), ("file:///somewhere/my-hook/", "my-hook"),
  ])
  func aRepositoryIsNamedByTheEndOfItsPlace(url: String, identity: String) throws {
    let source = try BillhookSource(url)
    #expect(source.identity == identity)
    #expect(source.checkout == ".build/checkouts/\(identity)")
    #expect(source.dependency == ".package(url: \"\(url)\", from: \"\(BillhookVersion.current)\")")
  }

  @Test(arguments: [
    ("entropy", "Entropy", "billhook-entropy"), ("tensor", "TensorCriterion", "billhook-tensor"),
    ("own_idea_2", "OwnIdea2", "billhook-own-idea-2"), ("self", "SelfCriterion", "billhook-self"),
  ])
  func typesHideNoOthers(name: String, type: String, executable: String) throws {
    let names = try PluginNames(name, kind: .criterion, Registry(BuiltinPlugins.all))
    #expect(names.type == type && names.executable == executable)
    #expect(names.module == type + "Plugin")
  }
}
