package dev.chatkeep.server;

import dev.chatkeep.Chatkeep;
import dev.chatkeep.run.Generator;
import dev.chatkeep.run.Model;
import dev.chatkeep.run.Models;
import dev.chatkeep.user.Device;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Queue;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import net.ttddyy.dsproxy.QueryInfo;
import net.ttddyy.dsproxy.listener.DataSourceQueryCountListener;
import net.ttddyy.dsproxy.listener.SingleQueryCountHolder;
import net.ttddyy.dsproxy.support.ProxyDataSourceBuilder;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.server.servlet.context.ServletWebServerApplicationContext;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.web.servlet.mvc.method.RequestMappingInfoHandlerMapping;

/// The server inside this JVM, on a free port and a database of its own.
final class TestServer implements AutoCloseable {

    private final ServletWebServerApplicationContext context;
    private final TestDatabase database;
    private final SingleQueryCountHolder counts = new SingleQueryCountHolder();
    private final Queue<QueryInfo> sent = new ConcurrentLinkedQueue<>();
    private volatile boolean isRecording;

    private TestServer(TestDatabase database, List<Model> models, List<String> settings) {
        this.database = database;
        List<String> defaults = List.of(
                "server.port=0",
                "chatkeep.database.url=" + database.url(),
                "chatkeep.database.user=" + database.user(),
                "chatkeep.database.password=" + database.password(),
                "chatkeep.auth.guest.enabled=true",
                "chatkeep.limits.per-user=0",
                "chatkeep.limits.per-address=0",
                "chatkeep.limits.sign-ins=0",
                "chatkeep.limits.streams=0",
                "chatkeep.free-messages.new-account-age=0",
                "chatkeep.limits.guests=0",
                "chatkeep.shutdown-patience=1s");
        var arguments = new LinkedHashMap<String, String>();
        Stream.concat(defaults.stream(), settings.stream())
                .forEach(setting -> arguments.put(setting.substring(0, setting.indexOf('=')), "--" + setting));
        this.context = (ServletWebServerApplicationContext) new SpringApplicationBuilder(ServerMain.class)
                .initializers(application -> register((GenericApplicationContext) application, models))
                .run(arguments.values().toArray(String[]::new));
    }

    /// With the models its settings name.
    static TestServer start(String... settings) {
        return new TestServer(TestDatabase.create(), List.of(), List.of(settings));
    }

    /// With a model `test` that says what this generator says.
    static TestServer answering(Generator generator, String... settings) {
        return answering(generator, TestDatabase.create(), settings);
    }

    static TestServer answering(Generator generator, TestDatabase database, String... settings) {
        Model model = new Model("test", "test", "Be brief.", 1_000, generator);
        return new TestServer(database, List.of(model), List.of(settings));
    }

    private void register(GenericApplicationContext application, List<Model> models) {
        if (!models.isEmpty()) {
            application.registerBean(Models.class, () -> new Models(models));
        }
        var listener = new DataSourceQueryCountListener();
        listener.setQueryCountStrategy(counts);
        application.registerBean(BeanPostProcessor.class, () -> new BeanPostProcessor() {
            @Override
            public Object postProcessAfterInitialization(Object bean, String name) {
                return bean instanceof javax.sql.DataSource source
                        ? ProxyDataSourceBuilder.create(source)
                                .listener(listener)
                                .afterQuery((execution, queries) -> record(queries))
                                .build()
                        : bean;
            }
        });
    }

    /// How many statements a request costs. The node's heartbeats go on beside: it is made a few times, and the least
    /// is what it cost.
    long cost(Runnable request) {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 5; i++) {
            least = Math.min(least, statements(request));
        }
        return least;
    }

    private long statements(Runnable work) {
        counts.clear();
        work.run();
        return counts.getQueryCountMap().values().stream()
                .mapToLong(count -> count.getTotal())
                .sum();
    }

    /// The statements that `work` made the server send, with their parameters, heartbeats of the node aside.
    List<QueryInfo> sent(Runnable work) {
        sent.clear();
        isRecording = true;
        work.run();
        isRecording = false;
        return sent.stream()
                .filter(statement -> !statement.getQuery().contains("chatkeep.node"))
                .toList();
    }

    private void record(List<QueryInfo> statements) {
        if (isRecording) {
            sent.addAll(statements);
        }
    }

    <T> Collection<T> beans(Class<T> type) {
        return context.getBeansOfType(type).values();
    }

    TestDatabase database() {
        return database;
    }

    String url() {
        var web = context.getWebServer();
        return "http://127.0.0.1:" + (web == null ? 0 : web.getPort());
    }

    /// A new guest of this server.
    Api guest() {
        return Api.guest(url());
    }

    /// The token of a new session of this user.
    String signIn(UUID user) {
        return context.getBean(Chatkeep.class)
                .sessions()
                .open(user, Device.UNKNOWN)
                .token()
                .text();
    }

    Api nobody() {
        return new Api(url(), "");
    }

    /// Every route that is mapped, as `METHOD /pattern`; `ANY` where no method is named.
    SortedSet<String> routes() {
        var routes = new TreeSet<String>();
        for (var mapping :
                context.getBeansOfType(RequestMappingInfoHandlerMapping.class).values()) {
            for (var route : mapping.getHandlerMethods().keySet()) {
                var methods = route.getMethodsCondition().getMethods();
                for (String pattern : route.getPatternValues()) {
                    methods.forEach(method -> routes.add(method + " " + pattern));
                    if (methods.isEmpty()) {
                        routes.add("ANY " + pattern);
                    }
                }
            }
        }
        return routes;
    }

    @Override
    public void close() {
        context.close();
    }
}
