package dev.chatkeep.postgres;

import java.io.IOException;

/// How a server that ended is started again: on the data it had, or not at all.
record Restart(DataFolder data, PostgresOptions options, Launcher launcher, Binaries.Version version, String password) {

    /// @throws EmbeddedPostgresException if a person has to mend the data first
    /// @throws IOException if it cannot be read right now
    void requireData() throws IOException {
        new StoredCluster(data).requireSame(version, password);
    }

    /// Returns when the server accepts connections, on this port unless it is taken. Unpacks the binaries once
    /// more should they be gone.
    Postmaster start(int port) throws IOException {
        Binaries binaries = Binaries.find(options, data);
        var cluster = new Cluster(data, binaries, launcher, ServerLog.open(data), options.progress());
        cluster.takeOver();
        return Postmaster.start(cluster, options, port);
    }
}
