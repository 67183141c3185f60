import java.io.File;

class N {
    private final File file = new File("x");

    void clear() {
        this.file.delete();
    }
}
