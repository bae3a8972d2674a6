// The operation FusedElementwise: a chain of operations on single numbers, done
// row by row, so that what lies between them never leaves the processor's
// nearest cache. lib/native/elementwiseKernel.ts describes its attributes.
//
// All values are float32 and have `rows` rows, or a single one, which as an
// input counts for each row, and as an output is the sum of what each row adds
// to it. They are numbered: first the inputs, then the outputs, then those that
// are needed in between.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>
#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"

// One function for each kind of processor, chosen when the library is loaded.
#if defined(__x86_64__) && defined(__GLIBC__) && !defined(__clang__)
#if __GNUC__ >= 12
#define FOR_EVERY_PROCESSOR \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define FOR_EVERY_PROCESSOR \
  __attribute__((target_clones("avx512f", "avx2", "default")))
#endif
#else
#define FOR_EVERY_PROCESSOR
#endif

#if defined(__GNUC__) && !defined(__clang__)
#define INDEPENDENT_ITERATIONS _Pragma("GCC ivdep")
#else
#define INDEPENDENT_ITERATIONS
#endif

namespace {

// e to the power of x: 2^n * e^r with a whole n and |r| <= ln(2) / 2, where
// e^r is the polynomial of Cephes (https://netlib.org/cephes/, expf).
// From 2^-126 on; what would be less is that, what would be more is infinite.
inline float Exp(float x) {
  x = x < -87.33654f ? -87.33654f : x;
  x = x > 88.8f ? 88.8f : x;
  // Adding 1.5 * 2^23 leaves n in the lowest bits.
  const float shift = 12582912.0f;
  const float shifted = x * 1.44269504f + shift;
  const float n = shifted - shift;
  const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  const float e = (p * r * r + r) + 1.0f;
  uint32_t bits;
  std::memcpy(&bits, &shifted, sizeof(bits));
  bits = (bits + 127u) << 23;
  float power;
  std::memcpy(&power, &bits, sizeof(power));
  return e * power;
}

inline float Sigmoid(float x) { return 1.0f / (1.0f + Exp(-x)); }

// A quotient of polynomials, with a relative error of 7e-9 at most before
// rounding (fitted from 0 to 8), and 1 from where it is 1 - 3e-7.
inline float Tanh(float x) {
  const float square = x * x;
  float p = 1.523076257e-8f;
  p = p * square + 2.189490655e-5f;
  p = p * square + 3.571612770e-3f;
  p = p * square + 1.344451037e-1f;
  p = p * square + 9.999999936e-1f;
  float q = 8.522586376e-7f;
  q = q * square + 3.411316203e-4f;
  q = q * square + 2.616449896e-2f;
  q = q * square + 4.677783770e-1f;
  q = q * square + 1.0f;
  return x > 7.9f ? 1.0f : x < -7.9f ? -1.0f : x * p / q;
}

using Loop = void (*)(float *result, const float *a, const float *b, int count,
                      bool one_a, bool one_b);

#define FOR_EACH                                                            \
  INDEPENDENT_ITERATIONS                                                    \
  for (int i = 0; i < count; i++)

#define UNARY(NAME, EXPRESSION)                                             \
  FOR_EVERY_PROCESSOR                                                       \
  void NAME##Loop(float *result, const float *a, const float *, int count,  \
                  bool, bool) {                                             \
    FOR_EACH {                                                              \
      const float x = a[i];                                                 \
      result[i] = EXPRESSION;                                               \
    }                                                                       \
  }

#define FOR_EACH_PAIR(X, Y, EXPRESSION)                                     \
  FOR_EACH {                                                                \
    const float x = X;                                                      \
    const float y = Y;                                                      \
    result[i] = EXPRESSION;                                                 \
  }

// With `one_a` or `one_b`, the first number of that operand is taken for all.
#define BINARY(NAME, EXPRESSION)                                            \
  FOR_EVERY_PROCESSOR                                                       \
  void NAME##Loop(float *result, const float *a, const float *b, int count, \
                  bool one_a, bool one_b) {                                 \
    const float first_a = *a, first_b = *b;                                 \
    if (one_a) {                                                            \
      FOR_EACH_PAIR(first_a, b[i], EXPRESSION)                              \
    } else if (one_b) {                                                     \
      FOR_EACH_PAIR(a[i], first_b, EXPRESSION)                              \
    } else {                                                                \
      FOR_EACH_PAIR(a[i], b[i], EXPRESSION)                                 \
    }                                                                       \
  }

UNARY(Copy, x)
UNARY(Neg, -x)
UNARY(Abs, std::fabs(x))
UNARY(Square, x *x)
UNARY(Sqrt, std::sqrt(x))
UNARY(Rsqrt, 1.0f / std::sqrt(x))
UNARY(Relu, x < 0.0f ? 0.0f : x)
UNARY(Sigmoid, Sigmoid(x))
UNARY(Tanh, Tanh(x))
BINARY(Add, x + y)
BINARY(Sub, x - y)
BINARY(Mul, x *y)
BINARY(Div, x / y)
BINARY(SquaredDifference, (x - y) * (x - y))
// NaN if one of them is.
BINARY(Max, x < y || y != y ? y : x)
BINARY(Min, y < x || y != y ? y : x)
BINARY(ReluGrad, y > 0.0f ? x : x * 0.0f)
BINARY(SigmoidGrad, y *(x *(1.0f - x)))
BINARY(TanhGrad, y *(1.0f - x * x))

// In the order of OPERATIONS in elementwiseKernel.ts.
const Loop kLoops[] = {
    CopyLoop, NegLoop,     AbsLoop,         SquareLoop,
    SqrtLoop, RsqrtLoop,   ReluLoop,        SigmoidLoop,
    TanhLoop, AddLoop,     SubLoop,         MulLoop,
    DivLoop,  MaxLoop,     MinLoop,         SquaredDifferenceLoop,
    ReluGradLoop, SigmoidGradLoop, TanhGradLoop};
const int kLoopCount = sizeof(kLoops) / sizeof(kLoops[0]);

// A place in the row of a value.
struct Operand {
  int32_t value;
  int32_t column;
  // Whether the number there counts for all columns.
  int32_t is_one;
};

struct Instruction {
  int32_t operation;
  int32_t width;
  Operand result, a, b;
};
const int kInstructionSize = sizeof(Instruction) / sizeof(int32_t);

// The sums of so many rows are added to the whole at a time: it is rounded less
// often.
const int kRowsTogether = 256;

struct Kernel {
  int32_t rows;
  // How often the columns of a single row are repeated, so as to be as many as
  // those of the others.
  int32_t repeats;
  // Columns of each value; negative if it has a single row.
  std::vector<int32_t> widths;
  std::vector<Instruction> instructions;
  // Of each output: how many dimensions it has, then their sizes.
  std::vector<int32_t> shapes;
};

std::vector<int32_t> Integers(TF_OpKernelConstruction *construction,
                              const char *name, TF_Status *status) {
  int32_t count = 0, total = 0;
  TF_OpKernelConstruction_GetAttrSize(construction, name, &count, &total,
                                      status);
  std::vector<int32_t> values(count > 0 ? count : 0);
  if (TF_GetCode(status) == TF_OK) {
    TF_OpKernelConstruction_GetAttrInt32List(construction, name, values.data(),
                                             count, status);
  }
  return values;
}

void *Create(TF_OpKernelConstruction *construction) {
  TF_Status *status = TF_NewStatus();
  auto *kernel = new Kernel;
  TF_OpKernelConstruction_GetAttrInt32(construction, "rows", &kernel->rows,
                                       status);
  if (TF_GetCode(status) == TF_OK) {
    TF_OpKernelConstruction_GetAttrInt32(construction, "repeats",
                                         &kernel->repeats, status);
  }
  if (TF_GetCode(status) == TF_OK) {
    kernel->widths = Integers(construction, "widths", status);
  }
  if (TF_GetCode(status) == TF_OK) {
    kernel->shapes = Integers(construction, "shapes", status);
  }
  if (TF_GetCode(status) == TF_OK) {
    const auto numbers = Integers(construction, "instructions", status);
    kernel->instructions.resize(numbers.size() / kInstructionSize);
    std::memcpy(kernel->instructions.data(), numbers.data(),
                kernel->instructions.size() * sizeof(Instruction));
  }
  for (const auto &one : kernel->instructions) {
    if (one.operation < 0 || one.operation >= kLoopCount) {
      TF_SetStatus(status, TF_INVALID_ARGUMENT, "Unknown operation.");
    }
  }
  if (TF_GetCode(status) != TF_OK) {
    TF_OpKernelConstruction_Failure(construction, status);
  }
  TF_DeleteStatus(status);
  return kernel;
}

void Delete(void *kernel) { delete static_cast<Kernel *>(kernel); }

// The tensors of one call, and where each value's row lies that is computed.
class Call {
 public:
  Call(const Kernel &kernel, TF_OpKernelContext *context)
      : kernel_(kernel), context_(context), status_(TF_NewStatus()) {
    tensors_.reserve(kernel.widths.size());
    places_.reserve(kernel.widths.size());
  }

  ~Call() {
    for (auto *tensor : tensors_) {
      TF_DeleteTensor(tensor);
    }
    TF_DeleteStatus(status_);
  }

  void Run() {
    if (TakeInputs() && AllocateOutputs()) {
      PlaceOthers();
      for (int32_t row = 0; row < kernel_.rows; row++) {
        RunRow();
        if (row % kRowsTogether == kRowsTogether - 1) {
          AddSums();
        }
      }
      AddSums();
    } else {
      TF_OpKernelContext_Failure(context_, status_);
    }
  }

 private:
  struct Place {
    float *row;
    // To the next row.
    int32_t step;
  };

  // Where sums of a few rows are added to an output's single row.
  struct Sum {
    float *row;
    int64_t width;
    std::vector<float> repeated;
  };

  bool TakeInputs() {
    const int count = TF_NumInputs(context_);
    for (int i = 0; i < count; i++) {
      TF_Tensor *tensor = nullptr;
      TF_GetInput(context_, i, &tensor, status_);
      if (TF_GetCode(status_) != TF_OK) {
        return false;
      }
      tensors_.push_back(tensor);
      const int64_t width = kernel_.widths[i];
      if (TF_TensorElementCount(tensor) !=
          (width < 0 ? -width : width * kernel_.rows)) {
        TF_SetStatus(status_, TF_INVALID_ARGUMENT,
                     "FusedElementwise got an input of another size.");
        return false;
      }
      auto *data = static_cast<float *>(TF_TensorData(tensor));
      const bool is_repeated = width < -1 && kernel_.repeats > 1;
      Add(is_repeated ? Repeated(data, -width) : data, width < 0 ? 0 : width);
    }
    return true;
  }

  float *Repeated(const float *row, int64_t width) {
    repeated_.emplace_back();
    auto &columns = repeated_.back();
    columns.reserve(width * kernel_.repeats);
    for (int32_t i = 0; i < kernel_.repeats; i++) {
      columns.insert(columns.end(), row, row + width);
    }
    return columns.data();
  }

  bool AllocateOutputs() {
    const int count = TF_NumOutputs(context_);
    const int32_t *shape = kernel_.shapes.data();
    for (int i = 0; i < count; i++) {
      const int rank = *shape++;
      const std::vector<int64_t> sizes(shape, shape + rank);
      shape += rank;
      size_t bytes = sizeof(float);
      for (const int64_t size : sizes) {
        bytes *= size;
      }
      auto *tensor = TF_AllocateOutput(context_, i, TF_FLOAT, sizes.data(),
                                       rank, bytes, status_);
      if (TF_GetCode(status_) != TF_OK) {
        return false;
      }
      tensors_.push_back(tensor);
      auto *data = static_cast<float *>(TF_TensorData(tensor));
      const int64_t width = kernel_.widths[places_.size()];
      if (width < 0) {
        std::fill_n(data, -width, 0.0f);
        std::vector<float> zeros(-width * kernel_.repeats);
        sums_.push_back({data, -width, zeros});
        Add(sums_.back().repeated.data(), 0);
      } else {
        Add(data, width);
      }
    }
    return true;
  }

  void AddSums() {
    for (auto &sum : sums_) {
      for (size_t i = 0; i < sum.repeated.size(); i++) {
        sum.row[i % sum.width] += sum.repeated[i];
      }
      std::fill(sum.repeated.begin(), sum.repeated.end(), 0.0f);
    }
  }

  void PlaceOthers() {
    size_t total = 0;
    for (size_t i = places_.size(); i < kernel_.widths.size(); i++) {
      total += kernel_.widths[i];
    }
    others_.resize(total);
    float *place = others_.data();
    for (size_t i = places_.size(); i < kernel_.widths.size(); i++) {
      Add(place, 0);
      place += kernel_.widths[i];
    }
  }

  void Add(float *row, int32_t step) { places_.push_back({row, step}); }

  void RunRow() {
    for (const auto &one : kernel_.instructions) {
      kLoops[one.operation](At(one.result), At(one.a), At(one.b), one.width,
                            one.a.is_one, one.b.is_one);
    }
    for (auto &place : places_) {
      place.row += place.step;
    }
  }

  float *At(const Operand &operand) const {
    return places_[operand.value].row + operand.column;
  }

  const Kernel &kernel_;
  TF_OpKernelContext *const context_;
  TF_Status *const status_;
  std::vector<TF_Tensor *> tensors_;
  std::vector<Place> places_;
  std::vector<std::vector<float>> repeated_;
  std::vector<Sum> sums_;
  std::vector<float> others_;
};

void Compute(void *kernel, TF_OpKernelContext *context) {
  Call(*static_cast<Kernel *>(kernel), context).Run();
}

bool Register() {
  TF_Status *status = TF_NewStatus();
  auto *definition = TF_NewOpDefinitionBuilder("FusedElementwise");
  for (const char *attribute :
       {"N: int >= 1", "M: int >= 1", "rows: int", "repeats: int",
        "widths: list(int)", "instructions: list(int)", "shapes: list(int)"}) {
    TF_OpDefinitionBuilderAddAttr(definition, attribute);
  }
  TF_OpDefinitionBuilderAddInput(definition, "inputs: N * float");
  TF_OpDefinitionBuilderAddOutput(definition, "outputs: M * float");
  TF_OpDefinitionBuilderSetShapeInferenceFunction(
      definition, TF_ShapeInferenceContextSetUnknownShape);
  TF_RegisterOpDefinition(definition, status);
  if (TF_GetCode(status) == TF_OK) {
    auto *kernel = TF_NewKernelBuilder("FusedElementwise", "CPU", Create,
                                       Compute, Delete);
    TF_RegisterKernelBuilder("FusedElementwise", kernel, status);
  }
  const bool is_registered = TF_GetCode(status) == TF_OK;
  TF_DeleteStatus(status);
  return is_registered;
}

const bool is_registered = Register();

}  // namespace
