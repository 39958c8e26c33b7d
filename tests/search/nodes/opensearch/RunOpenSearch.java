import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.opensearch.Version;
import org.opensearch.common.logging.LogConfigurator;
import org.opensearch.common.settings.Settings;
import org.opensearch.env.Environment;
import org.opensearch.node.InternalSettingsPreparer;
import org.opensearch.node.Node;
import org.opensearch.plugins.PluginInfo;

/** Runs one node of OpenSearch 2 or 3 with plugins of the class path and a config folder, until SIGTERM. */
public final class RunOpenSearch {
    public static void main(String[] arguments) {
        try {
            List<String> plugins = List.of(arguments).subList(2, arguments.length);
            run(Path.of(arguments[0]), Path.of(arguments[1]), plugins);
        } catch (Throwable error) {
            error.printStackTrace();
            Runtime.getRuntime().halt(1);
        }
    }

    private static void run(Path home, Path config, List<String> plugins) throws Exception {
        LogConfigurator.setNodeName("tests");
        Settings place = Settings.builder().put("path.home", home.toString()).build();
        Environment environment =
            InternalSettingsPreparer.prepareEnvironment(place, Map.of(), config, () -> "tests");
        LogConfigurator.configure(environment);
        Node node = node(environment, plugins);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> close(node)));
        node.start();
        Thread.currentThread().join(); // those of the node are daemons: the process would end
    }

    /** The constructor takes classes in 2.x and descriptions of plugins in 3.x; both are collections. */
    private static Node node(Environment environment, List<String> names) throws Exception {
        List<Object> plugins = new ArrayList<>();
        for (String name : names) {
            Class<?> plugin = Class.forName(name);
            plugins.add(Version.CURRENT.major < 3 ? plugin : info(name));
        }
        var constructor =
            Node.class.getDeclaredConstructor(Environment.class, Collection.class, boolean.class);
        constructor.setAccessible(true);
        return constructor.newInstance(environment, plugins, true);
    }

    private static PluginInfo info(String name) {
        return new PluginInfo(name, "", "1", Version.CURRENT, "1.8", name, null, List.of(), false);
    }

    private static void close(Node node) {
        try {
            node.close();
        } catch (Exception error) {
            error.printStackTrace();
        }
    }
}
