//! What the engine does, one situation a test.
