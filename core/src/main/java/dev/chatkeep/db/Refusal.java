package dev.chatkeep.db;

/// Marks an exception that says no before anything was changed. It leaves a transaction that it passes through as
/// it was; any other exception dooms it. Work that may refuse after it wrote runs in
/// [Database#inNestedTransaction].
public interface Refusal {}
