package dev.chatkeep.server;

/// What is said to the person who started the server, beside the log.
final class Console {

    private Console() {}

    static void line(String text) {
        System.out.println(text);
    }
}
