"""The library's sources, imported by a cell as somebody does who changes them."""

import unittest

from kernel_case import KernelCase


class Sources(KernelCase):
    def test_the_library_as_its_sources(self):
        code = "import { images, models } from '../../lib/index';"
        reply = self.client.execute_interactive(code, timeout=400)
        self.assertEqual(reply["content"]["status"], "ok", reply)
        self.assertEqual(self.printed("console.log(models.mlp({ seed: 0 }).countParams())"), "795010\n")
        # This starts one of the library's processes, from its compiled files.
        self.assertEqual(
            self.printed("console.log((await images.readDigit('../../data/digits/3.png')).shape.join())"),
            "1,28,28,1\n",
        )


if __name__ == "__main__":
    unittest.main(failfast=True)
