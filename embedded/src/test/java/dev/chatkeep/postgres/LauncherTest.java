package dev.chatkeep.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LauncherTest {
    @BeforeEach
    void needsSetpriv() {
        assertThat(Launcher.forThisUser().endsWithThisJvm())
                .as("setpriv, of util-linux, works here")
                .isTrue();
    }

    @Test
    void startsWhatHasThisProcessForAParent() {
        assertThat(under(ProcessHandle.current().pid()).works()).isTrue();
    }

    /// As a program finds itself whose JVM was killed before the kernel was asked to tell of it.
    @Test
    void doesNotStartWhatLostItsParentAlready() {
        long stranger = ProcessHandle.current().parent().orElseThrow().pid();
        assertThat(under(stranger).works()).isFalse();
    }

    private static Launcher under(long parent) {
        return new Launcher(Launcher.dieWithParent(List.of(), parent), null);
    }
}
