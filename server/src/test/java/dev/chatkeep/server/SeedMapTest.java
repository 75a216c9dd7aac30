package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chatkeep.Chatkeep;
import dev.chatkeep.chat.ChatFilter;
import dev.chatkeep.chat.Chats;
import dev.chatkeep.chat.Trash;
import dev.chatkeep.message.Messages;
import dev.chatkeep.run.Replies;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// docs/seed-map.md names what is there.
class SeedMapTest {

    private static final Pattern METHOD = Pattern.compile("`([A-Z][A-Za-z]+\\.[a-z][A-Za-z]*\\([A-Z][^`]*\\))`");
    private static final Pattern ROUTE = Pattern.compile("`(GET|POST|PATCH|DELETE) (/api/[^`?\\[]*)`");
    private static final Pattern INDEX = Pattern.compile("(?m)^\\| `([a-z_]+_idx)`");
    private static final int SEED_METHODS = 23;

    @Test
    void eachJavaMethodOfTheMapIsPublicWithTheseParameters() throws IOException {
        Set<String> there = Stream.of(
                        Chatkeep.class, Chats.class, ChatFilter.class, Messages.class, Replies.class, Trash.class)
                .flatMap(store -> Arrays.stream(store.getDeclaredMethods()))
                .filter(method -> Modifier.isPublic(method.getModifiers()))
                .map(SeedMapTest::signature)
                .collect(Collectors.toSet());

        assertThat(named(METHOD))
                .isNotEmpty()
                .allSatisfy(method -> assertThat(there).contains(method));
    }

    @Test
    void eachRouteOfTheMapIsDescribed() throws IOException {
        List<String> described =
                DescribedApi.operations().map(DescribedApi.Operation::toString).toList();

        assertThat(named(ROUTE))
                .isNotEmpty()
                .allSatisfy(route -> assertThat(described).contains(route));
    }

    @Test
    void eachIndexOfTheMapIsInTheDatabase() throws IOException {
        TestDatabase database = TestDatabase.create();
        Chatkeep.open(database.source()).close();
        String there = database.sql()
                .sql("select string_agg(indexname, ' ') from pg_indexes where schemaname = 'chatkeep'")
                .query(String.class)
                .single();

        assertThat(named(INDEX))
                .hasSize(6)
                .allSatisfy(index -> assertThat(there.split(" ")).contains(index));
    }

    @Test
    void allMethodsOfTheSeedHaveARow() throws IOException {
        String map = map();
        for (int n = 1; n <= SEED_METHODS; n++) {
            assertThat(map).contains("\n| " + n + " | ");
        }
    }

    private static String signature(Method method) {
        return method.getDeclaringClass().getSimpleName() + "." + method.getName() + "("
                + Arrays.stream(method.getParameterTypes())
                        .map(SeedMapTest::name)
                        .collect(Collectors.joining(", "))
                + ")";
    }

    private static String name(Class<?> type) {
        return type.getSimpleName().equals("Page") ? "History.Page" : type.getSimpleName();
    }

    private static Set<String> named(Pattern pattern) throws IOException {
        var named = new TreeSet<String>();
        pattern.matcher(map()).results().map(SeedMapTest::words).forEach(named::add);
        return named;
    }

    private static String words(MatchResult result) {
        return result.groupCount() == 2 ? result.group(1) + " " + result.group(2) : result.group(1);
    }

    private static String map() throws IOException {
        return Files.readString(Path.of("..", "docs", "seed-map.md"));
    }
}
