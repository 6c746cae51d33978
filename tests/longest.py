"""Which files take longest on the clock, so that no core is left alone with one at the end."""

LONGEST = (
    "agent/tflite/test_networks.py",
    *("studio/test_page.py", "studio/test_layout_page.py"),  # a browser's each (scheduling.py)
    *("agent/test_session.py", "cli/test_lying_board.py"),
    *("device/test_entering.py", "cli/test_lost_answers.py", "device/test_at_flash.py"),
    *("device/test_virtual_module.py", "service/test_doctor.py", "agent/test_teaching.py"),
    *("cli/test_module_job.py", "cli/test_on_board.py", "device/test_pairing.py"),
    *("agent/test_safe_mode.py", "agent/test_watchdog.py", "device/test_changed_python.py"),
    *("agent/test_deploying.py", "agent/test_bad_heads.py", "device/test_pairing_cuts.py"),
    *("agent/test_in_place.py", "agent/test_memory.py", "studio/test_own.py"),
    *("studio/test_door.py", "service/test_verification.py"),
    *("cli/test_bad_input.py", "api/test_examples.py"),
)
