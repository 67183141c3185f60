import java.util.regex.*;

public class Main {
    public static void main(String[] args) throws Exception {
        Pattern p = Pattern.compile("a+");
        Matcher m = p.matcher("aaa");
        System.out.println(m.find() + m.group());
    }
}
