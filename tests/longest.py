"""Which files take longest on the clock, so that no core is left alone with one at the end."""

LONGEST = (
    "agent/tflite/test_networks.py",
    *("cli/test_lost_answers.py", "device/test_pairing_cuts.py", "studio/test_page.py"),
    *("virtual/test_power_loss.py", "agent/test_in_place.py", "agent/test_safe_mode.py"),
    *("service/test_verification.py", "cli/test_refused_writes.py", "agent/test_teaching.py"),
    *("agent/test_memory.py", "studio/test_own_page.py", "cli/test_on_board.py"),
    *("agent/test_deploying.py", "service/test_embeddings.py", "studio/test_door.py"),
    *("service/test_doctor.py", "studio/test_own.py", "project/test_packaging.py"),
)
