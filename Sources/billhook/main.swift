import BillhookPlugins
import BillhookRunner

BillhookRunner.main(plugins: BuiltinPlugins.all)
