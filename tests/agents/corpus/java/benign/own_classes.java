class Runtime {
    static Runtime getRuntime() {
        return new Runtime();
    }

    void exec(String s) {}
}

class File {
    File(String s) {}

    void delete() {}
}

public class Main {
    static void exec(String s) {}

    public static void main(String[] a) {
        Runtime.getRuntime().exec("id");
        new File("x").delete();
        exec("id");
    }
}
