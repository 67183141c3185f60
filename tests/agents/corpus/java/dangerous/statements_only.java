ProcessBuilder b = new ProcessBuilder("id");
b.start();
