package dev.chatkeep.postgres;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Set;
import java.util.function.Consumer;

/// The database cluster on disk: made once, whole or not at all, and only opened by the major version that made it.
///
/// Needs the [DataLock].
record Cluster(DataFolder data, Binaries binaries, Launcher launcher, ServerLog log, Consumer<String> progress) {
    static final String USER = "chatkeep";

    private static final int PASSWORD_BYTES = 32;

    /// Creates the cluster unless it is there. After this it belongs to the right user, and no other
    /// PostgreSQL runs on it.
    ///
    /// @return the password of [#USER]
    String makeReady(Binaries.Version version) throws IOException {
        var stored = new StoredCluster(data);
        if (stored.exists()) {
            String password = stored.requireOpenable(version);
            takeOver();
            return password;
        }
        progress.accept("Creating the database cluster in " + data.cluster() + " ...");
        return create();
    }

    /// Makes a cluster that is there ready for a start.
    void takeOver() throws IOException {
        var earlier = new EarlierServer(new ClusterProcesses(data.cluster()), progress);
        earlier.awaitEnd();
        earlier.disownStrangersPid();
        launcher.own(data.cluster());
    }

    /// Works in a folder of another name, so that whatever interrupts `initdb`, no half cluster is ever opened. The
    /// password is on disk before the cluster that depends on it.
    private String create() throws IOException {
        Path unfinished = data.unfinishedCluster();
        new EarlierServer(new ClusterProcesses(unfinished), progress).awaitEnd();
        DataFolder.delete(unfinished);
        Modes.createFolder(unfinished, Modes.OWNER_ONLY_FOLDER);
        String password = writePassword();
        launcher.own(data.password());
        launcher.own(unfinished);
        initdb(unfinished);
        Files.move(unfinished, data.cluster(), StandardCopyOption.ATOMIC_MOVE);
        DataFolder.sync(data.root());
        return password;
    }

    private String writePassword() throws IOException {
        var random = new byte[PASSWORD_BYTES];
        new SecureRandom().nextBytes(random);
        String password = Base64.getUrlEncoder().withoutPadding().encodeToString(random);
        Files.deleteIfExists(data.password());
        try (FileChannel file =
                Modes.openFile(data.password(), Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE))) {
            file.write(ByteBuffer.wrap((password + "\n").getBytes(US_ASCII)));
            file.force(true);
        }
        return password;
    }

    /// `C.UTF-8` sorts by code point, which no update of libc or ICU changes under an index.
    private void initdb(Path folder) throws IOException {
        Process initdb = launcher.launch(new ProcessBuilder(
                        binaries.program("initdb").toString(),
                        "--pgdata=" + folder,
                        "--username=" + USER,
                        "--auth=scram-sha-256",
                        "--pwfile=" + data.password(),
                        "--encoding=UTF8",
                        "--locale=C.UTF-8",
                        "--data-checksums",
                        "--no-instructions")
                .directory(data.root().toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.append()));
        if (initdb.onExit().join().exitValue() != 0) {
            throw log.failure("PostgreSQL could not create its database cluster in " + folder
                    + ". Mend what its initdb reports, and start again: nothing is left half done.");
        }
    }
}
