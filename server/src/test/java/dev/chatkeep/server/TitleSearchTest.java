package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chatkeep.db.Json;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class TitleSearchTest {

    private static TestServer server;
    private Api api;

    @BeforeAll
    static void start() {
        server = TestServer.answering(Scripts.saysText("Hi."));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void signIn() {
        api = server.guest();
    }

    @Test
    void aTitleThatBeginsWithTheWordsComesBeforeOneThatHasThemWholeBeforeOneWithTheirBeginnings() {
        titled("begins", "Project Apollo");
        titled("whole", "My project");
        titled("prefix", "All projects");
        titled("begins-too", "Projectile");
        titled("none", "Something else");

        assertThat(found("project")).containsExactly("begins-too", "begins", "whole", "prefix");
    }

    @Test
    void allWordsMustBeThereInAnyOrder() {
        titled("both", "Release notes for the server");
        titled("one", "Release party");

        assertThat(found("server release")).containsExactly("both");
        assertThat(found("serv rel")).containsExactly("both");
        assertThat(found("release   -server-")).containsExactly("both");
    }

    @ParameterizedTest
    @CsvSource({
        "Größe,grosse",
        "Größe,GRÖSSE",
        "Größe,größe",
        "Grosse,Größe",
        "café,cafe",
        "Cafe au lait,café",
        "Čeština,cestina",
        "Ångström,angstrom",
        "Łódź,lodz",
        "smørrebrød,smorrebrod",
        "İstanbul,istanbul",
        "IRMAK,irmak",
        "ﬁnal,final",
        "Ｆｕｌｌ,full",
        "e\u0301te\u0301,été",
        "Cæsar,caesar",
        "Мой Проект,проект",
        "проект,ПРО",
        "ёлка,елка",
        "Ελληνικά,ελληνικα",
        "ΟΔΥΣΣΕΥΣ,οδυσσεύς",
        "οδυσσεύς,ΟΔΥΣΣΕΥΣ",
        "שלום עולם,עולם",
        "مرحبا بالعالم,مرحبا",
        "हिन्दी भाषा,हिन्दी",
        "Tiếng Việt,tieng viet",
        "C++ in 24h,c++",
        "version 2.10,2.10",
        "snake_case,case"
    })
    void caseAndAccentsDoNotMatter(String title, String search) {
        titled("it", title);
        titled("other", "zzz");

        assertThat(found(search)).containsExactly("it");
    }

    @ParameterizedTest
    @CsvSource({
        "学习中文语言,中",
        "学习中文语言,言",
        "学习中文语言,学",
        "学习中文语言,中文",
        "学习中文语言,文语",
        "学习中文语言,语言",
        "学习中文语言,学习中文",
        "日本語のテスト,語",
        "日本語のテスト,のテ",
        "日本語のテスト,テスト",
        "日本語のテスト,ﾃｽﾄ",
        "한국어 공부,어",
        "한국어 공부,국어",
        "한국어 공부,공",
        "한국어 공부,한국어 공부",
        "ภาษาไทย,ภ",
        "ภาษาไทย,ไท",
        "ภาษาไทย,ภาษา",
        "AI开发计划,开发",
        "AI开发计划,ai开发",
        "AI开发计划,AI",
        "第1章,第1章",
        "第1章,1章",
        "3月5日会议,3月5日",
        "3月,3月",
        "A班,A班"
    })
    void scriptsWithoutSpacesAreFoundByOneCharacterOrTwoAnywhere(String title, String search) {
        titled("it", title);
        titled("other", "猫 かな ㅎ ก");

        assertThat(found(search)).containsExactly("it");
    }

    @ParameterizedTest
    @CsvSource({"学习中文,文学", "学习中文,习学", "日本語,本日", "한국어,국한", "한국어,각", "하안,한", "ภาษาไทย,ไภ"})
    void charactersThatDoNotStandTogetherAreNotFoundTogether(String title, String search) {
        titled("it", title);

        assertThat(found(search)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "%",
                "_",
                "'",
                "\\",
                ":",
                "*",
                "&",
                "|",
                "!",
                "(",
                ")",
                "'':*",
                ":*&|!()",
                "a' & 'b",
                "')) or true --",
                "\\'",
                "<->",
                "{}",
                "\"",
                "😀",
                "\u0000",
                "\u00a0x\u0000y",
                "?",
                ":user",
                "$1",
                "%s %d"
            })
    void nothingInASearchIsAnOperator(String search) {
        titled("it", "plain words");

        Api.Answer answer = api.get("/api/chats?search=" + encoded(search));

        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(answer.json().path("chats")).isEmpty();
        assertThat(answer.json().path("pagination").path("total").intValue()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"it's", "100% sure", "a_b", "back\\slash", "a:b*c", "x & y | !z", "f(x)", "\"quoted\" {set}"})
    void aTitleIsFoundByItselfWhateverItHolds(String title) {
        titled("it", title);

        assertThat(found(title)).containsExactly("it");
        assertThat(api.chat("it").path("chat").path("title").stringValue()).isEqualTo(title);
    }

    @Test
    void aTitleWithoutAWordIsNoObstacle() {
        titled("it", "🎉🎉");
        titled("other", "???");

        assertThat(found("x")).isEmpty();
        assertThat(api.get("/api/chats").json().path("chats")).hasSize(2);
    }

    @Test
    void aBlankSearchIsNone() {
        titled("it", "words");

        assertThat(found(" ")).containsExactly("it");
        assertThat(found("")).containsExactly("it");
    }

    @Test
    void aNewTitleIsFoundAndTheOldOneNoMore() {
        titled("it", "Draft");
        api.patch("/api/chats/it", "{\"title\":\"Final\"}");

        assertThat(found("final")).containsExactly("it");
        assertThat(found("draft")).isEmpty();
    }

    @Test
    void aTitleMadeFromTheFirstMessageIsFound() {
        api.say("said", "m", "How do leases work?");
        api.post("/api/chats", "{\"id\":\"written\"}");
        api.post("/api/chats/written/messages", """
                {"messages":[{"role":"user","content":"Why leases?"}]}""");
        api.say("written", "m2", "Something about epochs");

        assertThat(found("leases")).containsExactlyInAnyOrder("said", "written");
        assertThat(found("epochs")).isEmpty();
    }

    @Test
    void theTrashIsSearchedOnlyWhenAskedFor() {
        titled("kept", "Plan A");
        titled("thrown", "Plan B");
        api.delete("/api/chats/thrown");

        assertThat(found("plan")).containsExactly("kept");
        assertThat(found("plan", "&status=deleted")).containsExactly("thrown");
        assertThat(found("plan", "&status=all")).containsExactlyInAnyOrder("kept", "thrown");
        api.post("/api/chats/thrown/restore", "");
        assertThat(found("plan")).containsExactlyInAnyOrder("kept", "thrown");
        api.delete("/api/chats/thrown/permanent");
        assertThat(found("plan", "&status=all")).containsExactly("kept");
    }

    @Test
    void nobodyElsesTitlesAreFound() {
        server.guest().post("/api/chats", "{\"id\":\"theirs\",\"title\":\"Shared word\"}");
        titled("mine", "Shared word");

        assertThat(api.get("/api/chats?search=shared").json().path("chats")).hasSize(1);
        assertThat(found("shared")).containsExactly("mine");
    }

    @Test
    void pagesOfEqualRankAndTimeAreTheWholeListAndTheTotalIsTrue() {
        for (int i = 0; i < 5; i++) {
            titled("first" + i, "Topic " + i);
            titled("whole" + i, "A topic " + i);
            titled("prefix" + i, "On topics " + i);
        }
        titled("none", "Else");
        server.database()
                .sql()
                .sql("update chatkeep.chat set updated_at = :time where id ~ '^(first|whole|prefix)'")
                .param("time", OffsetDateTime.of(2026, 1, 1, 0, 0, 0, 7_000_000, ZoneOffset.UTC))
                .update();
        List<String> whole = found("topic", "&limit=200");

        for (int limit : List.of(1, 2, 4, 7, 14, 15)) {
            var paged = new ArrayList<String>();
            String cursor = "";
            do {
                JsonNode page = search("topic", "&limit=" + limit + cursor);
                assertThat(page.path("pagination").path("total").intValue()).isEqualTo(15);
                paged.addAll(ids(page));
                String next = page.path("pagination").path("nextCursor").asString("");
                cursor = next.isEmpty() ? "" : "&cursor=" + next;
            } while (!cursor.isEmpty());
            assertThat(paged).as("pages of %d", limit).isEqualTo(whole);
        }
        assertThat(whole).hasSize(15);
        assertThat(whole.subList(0, 5)).containsExactly("first0", "first1", "first2", "first3", "first4");
        assertThat(whole.subList(5, 10)).allMatch(id -> id.startsWith("whole"));
        assertThat(found("topic", "&limit=4&offset=6")).isEqualTo(whole.subList(6, 10));
    }

    @Test
    void filtersNarrowASearch() {
        titled("a", "Topic one");
        titled("b", "Topic two");
        api.patch("/api/chats/b", "{\"modelId\":\"m\",\"visibility\":\"public\"}");

        assertThat(found("topic", "&modelId=m")).containsExactly("b");
        assertThat(found("topic", "&visibility=private")).containsExactly("a");
        assertThat(search("topic", "&modelId=m")
                        .path("pagination")
                        .path("total")
                        .intValue())
                .isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"search", "modelId", "status", "visibility", "from", "cursor"})
    void aNulInAFilterIsNoFailureOfTheServer(String parameter) {
        assertThat(api.get("/api/chats?" + parameter + "=a%00b").status()).isIn(200, 400);
    }

    private void titled(String id, String title) {
        Api.Answer answer = api.post("/api/chats", Json.MAPPER.writeValueAsString(Map.of("id", id, "title", title)));
        assertThat(answer.status()).as(answer.text()).isEqualTo(201);
    }

    private JsonNode search(String text, String more) {
        Api.Answer answer = api.get("/api/chats?search=" + encoded(text) + more);
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return answer.json();
    }

    private List<String> found(String text) {
        return found(text, "");
    }

    private List<String> found(String text, String more) {
        return ids(search(text, more));
    }

    private static List<String> ids(JsonNode answer) {
        return answer.path("chats")
                .valueStream()
                .map(chat -> chat.path("id").stringValue())
                .toList();
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
