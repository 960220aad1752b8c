// The whole program. One of your own is the same with your plugins in the list:
//
//     BillhookRunner.main(plugins: BuiltinPlugins.all + [MyCriterion.self])
//
// `billhook new plugin NAME` writes a package with such a file; CONTRIBUTING.md tells more.
import BillhookPlugins
import BillhookRunner

BillhookRunner.main(plugins: BuiltinPlugins.all)
