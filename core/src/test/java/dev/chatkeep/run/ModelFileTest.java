package dev.chatkeep.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chatkeep.db.Json;
import dev.chatkeep.message.Part;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// A file that a model makes: in the stream, in the store, and told again.
class ModelFileTest {

    private static final String URL = "data:image/png;base64,iVBORw0KGgo=";

    private final List<RunEvent> events = new ArrayList<>();
    private final Draft draft = new Draft();
    private final StepWriter step = new StepWriter(1, bytes -> true, this::write);

    private void write(RunEvent event) {
        draft.apply(event);
        events.add(event);
    }

    private void say(ModelEvent... said) {
        List.of(said).forEach(step);
    }

    private static List<String> json(List<RunEvent> events) {
        return events.stream().map(RunEvent::toJson).toList();
    }

    @Test
    void standsBetweenTheTextsWhereItWasSaid() {
        say(
                new ModelEvent.TextDelta("Look: "),
                new ModelEvent.File("image/png", URL),
                new ModelEvent.TextDelta("nice."));
        draft.closings("").forEach(this::write);

        assertThat(json(events)).contains("{\"type\":\"file\",\"url\":\"" + URL + "\",\"mediaType\":\"image/png\"}");
        assertThat(draft.parts().tree()).isEqualTo(new Json("""
                        [{"type":"text","text":"Look: ","state":"done"},
                         {"type":"file","mediaType":"image/png","url":"%s"},
                         {"type":"text","text":"nice.","state":"done"}]""".formatted(URL)).tree());
    }

    @Test
    void isToldAgainAsItWasSaid() {
        say(new ModelEvent.File("audio/L16;rate=24000", "data:audio/L16;rate=24000;base64,AAAA"));
        List<RunEvent> replayed = new ArrayList<>();
        draft.parts().tree().forEach(part -> Replay.part(replayed, part, 1));

        assertThat(json(replayed)).isEqualTo(json(events));
        assertThat(json(draft.replay())).isEqualTo(json(events));
        assertThat(RunEvent.of(events.getFirst().toJson())).isEqualTo(events.getFirst());
    }

    @Test
    void isAPartThatReadersOfTheStoreKnow() {
        say(new ModelEvent.File("image/png", URL));

        assertThat(Part.list(draft.parts())).containsExactly(new Part.File("image/png", URL, null));
    }

    /// An answer that has said something is not asked for once more.
    @Test
    void isSomethingThatWasSaid() {
        write(new RunEvent.StartStep());
        assertThat(draft.isEmpty()).isTrue();

        say(new ModelEvent.File("image/png", URL));
        assertThat(draft.isEmpty()).isFalse();
    }

    @Test
    void isStorableWhateverItIsCalled() {
        say(new ModelEvent.File("image/\u0000", "data:\ud83d"));

        assertThat(draft.parts().text()).doesNotContain("\\u0000").contains("image/\ufffd", "data:\ufffd");
    }
}
