// gRPC's own talk: what it says of an address in use or a lost peer we say ourselves, once and readably.
#pragma once

namespace expq::wire {

// Sends gRPC's messages to our log at debug level. Called before the first channel or server; harmless to repeat.
void QuietGrpc();

}  // namespace expq::wire
