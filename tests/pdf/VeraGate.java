import java.io.File;
import java.io.FileInputStream;
import java.io.InputStream;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/** Says of each file, one line a rule that it breaks, how it fails PDF/A-3a and PDF/UA-1: file, profile, clause, why. */
public final class VeraGate {
    private VeraGate() {}

    public static void main(String[] files) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        for (String file : files) {
            for (String profile : new String[] {"3a", "ua1"}) {
                PDFAFlavour flavour = PDFAFlavour.fromString(profile);
                try (InputStream in = new FileInputStream(new File(file));
                        PDFAParser parser = Foundries.defaultInstance().createParser(in, flavour);
                        PDFAValidator validator = Foundries.defaultInstance().createValidator(flavour, false)) {
                    ValidationResult result = validator.validate(parser);
                    System.out.println(file + "\t" + profile + "\t" + (result.isCompliant() ? "passes" : "fails"));
                    for (TestAssertion broken : result.getTestAssertions()) {
                        if (broken.getStatus() == TestAssertion.Status.FAILED) {
                            System.out.println(file + "\t" + profile + "\t" + broken.getRuleId().getClause() + "-"
                                    + broken.getRuleId().getTestNumber() + " " + broken.getLocation().getContext()
                                    + " " + broken.getMessage());
                        }
                    }
                }
            }
        }
    }
}
