package dev.chatkeep;

import dev.chatkeep.db.Database;
import dev.chatkeep.db.Json;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import tools.jackson.databind.JsonNode;

/// One connection that knows the plan of each statement as it was executed, with what it really read: PostgreSQL's
/// own auto_explain sends it as a notice.
public final class ExplainedDatabase implements AutoCloseable {

    private final Connection connection;
    private final SingleConnectionDataSource source;
    private final List<Plan> plans = new ArrayList<>();

    /// @param planCacheMode `auto`, or `force_generic_plan` for the plan a statement gets that is prepared once
    ///     and for every user
    public ExplainedDatabase(TestDatabase database, String planCacheMode) throws SQLException {
        connection = database.unpooled().getConnection();
        try (var statement = connection.createStatement()) {
            statement.execute("load 'auto_explain'");
            for (String setting : List.of(
                    "auto_explain.log_min_duration = 0",
                    "auto_explain.log_analyze = on",
                    "auto_explain.log_buffers = on",
                    "auto_explain.log_timing = off",
                    "auto_explain.log_format = json",
                    "auto_explain.log_level = notice",
                    "plan_cache_mode = " + planCacheMode)) {
                statement.execute("set " + setting);
            }
        }
        source = new SingleConnectionDataSource(proxy(Connection.class, this::onConnection), true);
    }

    /// The plan of one statement.
    ///
    /// @param scans the index, or else the table, that each node read
    /// @param mostRows that any one node gave or threw away, over all its loops
    /// @param buffers read, from memory or disk, by the statement or by the part of it that read most
    public record Plan(List<String> scans, long mostRows, long buffers, String text) {

        /// The statement itself.
        public String sql() {
            return Json.MAPPER.readTree(text).path("Query Text").stringValue();
        }

        private static Plan of(String json) {
            JsonNode root = Json.MAPPER.readTree(json).path("Plan");
            List<JsonNode> nodes = new ArrayList<>();
            collect(root, nodes);
            return new Plan(
                    nodes.stream()
                            .map(node -> node.path("Index Name")
                                    .asString(node.path("Relation Name").asString("")))
                            .filter(name -> !name.isEmpty())
                            .toList(),
                    nodes.stream().mapToLong(Plan::rows).max().orElse(0),
                    nodes.stream().mapToLong(Plan::buffers).max().orElse(0),
                    json);
        }

        private static void collect(JsonNode node, List<JsonNode> nodes) {
            nodes.add(node);
            node.path("Plans").forEach(child -> collect(child, nodes));
        }

        /// A data-modifying part that nobody reads is not counted in the whole.
        private static long buffers(JsonNode node) {
            return node.path("Shared Hit Blocks").asLong()
                    + node.path("Shared Read Blocks").asLong();
        }

        private static long rows(JsonNode node) {
            double loop = Math.max(
                    node.path("Actual Rows").asDouble(0),
                    node.path("Rows Removed by Filter").asDouble(0));
            return Math.round(loop * node.path("Actual Loops").asDouble(1));
        }
    }

    public Database database() {
        return new Database(source);
    }

    /// The plans of the statements that `work` runs, in their order.
    public List<Plan> plansOf(Runnable work) {
        plans.clear();
        work.run();
        return List.copyOf(plans);
    }

    /// The plan of the last statement that ran.
    public Plan lastPlan() {
        return plans.getLast();
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }

    private @Nullable Object onConnection(Object proxy, Method method, Object @Nullable [] arguments) throws Throwable {
        Object result = call(connection, method, arguments);
        if (method.getName().equals("commit")) {
            // A query's plan comes when its portal is closed: that of the last one in a transaction with the commit.
            hear(connection.getWarnings());
            connection.clearWarnings();
        }
        return result instanceof PreparedStatement statement
                ? proxy(PreparedStatement.class, (any, call, values) -> onStatement(statement, call, values))
                : result;
    }

    private @Nullable Object onStatement(PreparedStatement statement, Method method, Object @Nullable [] arguments)
            throws Throwable {
        if (method.getName().equals("close")) {
            hear(statement.getWarnings());
        }
        return call(statement, method, arguments);
    }

    private void hear(@Nullable SQLWarning first) {
        for (SQLWarning notice = first; notice != null; notice = notice.getNextWarning()) {
            String text = String.valueOf(notice.getMessage());
            if (text.contains("plan:")) {
                plans.add(Plan.of(text.substring(text.indexOf('{'))));
            }
        }
    }

    private static @Nullable Object call(Object target, Method method, Object @Nullable [] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException thrown) {
            throw thrown.getTargetException();
        }
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }
}
