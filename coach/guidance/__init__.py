"""What the walker is told and when: session, pace, cues, stages, milestones, fatigue, metronome."""
