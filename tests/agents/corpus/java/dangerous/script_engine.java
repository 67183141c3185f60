import javax.script.*;

public class Main {
    public static void main(String[] args) throws Exception {
        new ScriptEngineManager().getEngineByName("js").eval("1 + 1");
    }
}
