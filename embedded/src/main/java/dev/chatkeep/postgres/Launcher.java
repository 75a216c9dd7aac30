package dev.chatkeep.postgres;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// How PostgreSQL's programs are started so that they accept who we are and cannot outlive this JVM.
///
/// Every word of the prefix `exec`s the next one, so the process we start *is* PostgreSQL in the end:
/// - `setsid`, so that Ctrl-C in a terminal reaches this JVM only, which stops the server after its clients;
/// - as root, which PostgreSQL refuses: `unshare -U`, a user namespace where we look like nobody and files stay
///   root's; or, where namespaces are forbidden, `setpriv` to the uid of nobody, who must then own the cluster
///   (and with whom the cluster is then shared);
/// - `setpriv --pdeathsig INT`: when the thread that started it is gone, PostgreSQL shuts down fast and cleanly;
/// - `sh`, which goes on only if that thread's process lived until then.
///
/// @param prefix words before the program; each form was tried on this machine before it was chosen
/// @param owner uid that must own PostgreSQL's files; null where that is whoever created them
record Launcher(List<String> prefix, @Nullable Integer owner) {
    private static final int ROOT = 0;
    private static final int NOBODY = 65_534;

    private static final List<String> SESSION = List.of("setsid");
    private static final List<String> DIE_WITH_PARENT = List.of("setpriv", "--pdeathsig", "INT");

    /// A program whose parent died before `setpriv` ran has another parent by now, and would never be told.
    private static final List<String> UNLESS_DEAD = List.of("sh", "-c", "[ \"$PPID\" = \"$0\" ] && exec \"$@\"");

    static Launcher forThisUser() {
        return isRoot()
                ? Stream.of(inUserNamespace(), asNobody())
                        .filter(Launcher::works)
                        .findFirst()
                        .orElseThrow(() -> new EmbeddedPostgresException(
                                "PostgreSQL refuses to run as root, and neither unshare nor setpriv (package util-linux)"
                                        + " work here. Start this program as another user, install util-linux, or set"
                                        + " CHATKEEP_DATABASE_URL to an existing PostgreSQL."))
                : Stream.of(new Launcher(join(session(), dieWithParent()), null))
                        .filter(Launcher::works)
                        .findFirst()
                        .orElse(new Launcher(List.of(), null));
    }

    static Launcher inUserNamespace() {
        return new Launcher(join(session(), join(List.of("unshare", "-U", "--"), dieWithParent())), ROOT);
    }

    static Launcher asNobody() {
        var becomeNobody = List.of("--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups");
        return new Launcher(
                join(
                        session(),
                        dieWithParent(becomeNobody, ProcessHandle.current().pid())),
                NOBODY);
    }

    static boolean isRoot() {
        Integer uid = ownUid();
        return uid == null ? "root".equals(System.getProperty("user.name")) : uid == ROOT;
    }

    /// The user id of this process; null where there is none to be read.
    static @Nullable Integer ownUid() {
        try {
            return owner(Path.of("/proc/self"));
        } catch (IOException e) {
            return null;
        }
    }

    /// The user id that owns a file; null on a file system without owners.
    static @Nullable Integer owner(Path path) throws IOException {
        try {
            return (Integer) Files.getAttribute(path, "unix:uid");
        } catch (UnsupportedOperationException e) {
            return null;
        }
    }

    /// The group that PostgreSQL's user reaches its cluster by; null where PostgreSQL runs as the user who
    /// owns the folders above it.
    @Nullable
    Integer group() {
        return owner != null && owner == NOBODY ? owner : null;
    }

    private static List<String> dieWithParent() {
        return dieWithParent(List.of(), ProcessHandle.current().pid());
    }

    /// @param options more of `setpriv`
    static List<String> dieWithParent(List<String> options, long parent) {
        return Stream.of(DIE_WITH_PARENT, options, UNLESS_DEAD, List.of(Long.toString(parent)))
                .flatMap(List::stream)
                .toList();
    }

    private static List<String> session() {
        return new Launcher(SESSION, null).works() ? SESSION : List.of();
    }

    private static List<String> join(List<String> first, List<String> second) {
        return Stream.concat(first.stream(), second.stream()).toList();
    }

    boolean works() {
        return succeeds("true");
    }

    /// Whether the server is told when this JVM is killed.
    boolean endsWithThisJvm() {
        return prefix.containsAll(DIE_WITH_PARENT);
    }

    /// Starts a program from a thread of its own that lives as long as the program: the parent whose death
    /// `--pdeathsig` reports is the *thread* that forked, and one of a pool, or one that carries virtual threads,
    /// may end at any time.
    Process launch(ProcessBuilder program) throws IOException {
        program.command(join(prefix, program.command()));
        neutralize(program.environment());
        var launched = new CompletableFuture<Process>();
        Thread.ofPlatform().daemon().name("chatkeep-postgres").start(() -> {
            try {
                Process process = program.start();
                launched.complete(process);
                process.onExit().join();
            } catch (IOException | RuntimeException e) {
                launched.completeExceptionally(e);
            }
        });
        try {
            return launched.join();
        } catch (CompletionException e) {
            throw new IOException(e.getCause());
        }
    }

    /// The user's shell must not choose another cluster, a time zone or the language of messages we read.
    private static void neutralize(Map<String, String> environment) {
        environment.keySet().removeIf(name -> name.startsWith("PG") || name.startsWith("LC_") || name.equals("LANG"));
        environment.put("LC_ALL", "C");
        environment.put("TZ", "UTC");
    }

    /// Gives a path and all below it to the user PostgreSQL will run as. Changes nothing if the path is theirs
    /// already; goes bottom up, so a walk that was cut off is walked again.
    void own(Path path) throws IOException {
        Integer uid = owner;
        if (uid == null || uid.equals(Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS))) {
            return;
        }
        Files.walkFileTree(path, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                give(file, uid);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException failure) throws IOException {
                give(folder, uid);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private static void give(Path path, int uid) throws IOException {
        Files.setAttribute(path, "unix:gid", uid, LinkOption.NOFOLLOW_LINKS);
        Files.setAttribute(path, "unix:uid", uid, LinkOption.NOFOLLOW_LINKS);
    }

    /// Root passes every door, but PostgreSQL, run by root, does not: it is nobody, or root without privileges.
    ///
    /// @throws EmbeddedPostgresException if PostgreSQL could not enter the folder, naming the first closed door
    void requireEntry(Path folder) {
        if (owner != null && !succeeds("test", "-x", folder.toString())) {
            Path closed = folder;
            for (Path parent = folder.getParent();
                    parent != null && !succeeds("test", "-x", parent.toString());
                    parent = parent.getParent()) {
                closed = parent;
            }
            throw new EmbeddedPostgresException("PostgreSQL refuses to run as root, so it runs as uid " + owner
                    + " without privileges, which cannot enter " + closed + " and so cannot reach " + folder
                    + ". Open it (chmod o+x " + closed + "), choose another folder, or start this program as the"
                    + " user the folder belongs to.");
        }
    }

    private boolean succeeds(String... command) {
        try {
            Process process = launch(new ProcessBuilder(new ArrayList<>(List.of(command)))
                    .directory(Path.of("/").toFile())
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.DISCARD));
            if (process.waitFor(10, TimeUnit.SECONDS)) {
                return process.exitValue() == 0;
            }
            process.destroyForcibly();
            return false;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
