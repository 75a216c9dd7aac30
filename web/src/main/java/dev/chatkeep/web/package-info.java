/// The HTTP interface: one controller per noun.
@NullMarked
package dev.chatkeep.web;

import org.jspecify.annotations.NullMarked;
