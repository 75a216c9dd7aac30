package dev.chatkeep.web;

/// What an operator decides about the API.
///
/// @param guestsAllowed whether anyone may sign in as a new guest
public record ApiSettings(boolean guestsAllowed) {}
